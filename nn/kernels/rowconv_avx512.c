// SPDX-License-Identifier: MIT
// Convolution of planes into blocked rows with AVX-512: 48 pixels times eight output channels, a
// register for sixteen sums of a channel.
#include "nn/kernels/act_avx512.h"
#include "nn/kernels/rowconv.h"

#include <immintrin.h>
#include <stdbool.h>
#include <stddef.h>

// 24 sums need eleven loads for 24 FMAs, three of pixels and eight of weights.
enum { LANES = 16, CHANNELS = 8, VECTORS = 3 };

// Transposes sixteen sums of each channel: to[2 j] has pixels j and 4 + j, to[2 j + 1] pixels 8 + j
// and 12 + j.
NN_INLINE void transpose(__m512 *to, const __m512 *sum)
{
    const __m512i low = _mm512_setr_epi64(0, 1, 8, 9, 2, 3, 10, 11);
    const __m512i high = _mm512_setr_epi64(4, 5, 12, 13, 6, 7, 14, 15);
    __m512d four[2][4]; // [half of the channels][j]: a quarter of the vector is pixel j, 4 + j, ...
    NN_UNROLL(2)
    for (int h = 0; h < 2; h++) {
        const __m512 *s = sum + 4 * h;
        const __m512d a = _mm512_castps_pd(_mm512_unpacklo_ps(s[0], s[1]));
        const __m512d b = _mm512_castps_pd(_mm512_unpackhi_ps(s[0], s[1]));
        const __m512d c = _mm512_castps_pd(_mm512_unpacklo_ps(s[2], s[3]));
        const __m512d d = _mm512_castps_pd(_mm512_unpackhi_ps(s[2], s[3]));
        four[h][0] = _mm512_unpacklo_pd(a, c);
        four[h][1] = _mm512_unpackhi_pd(a, c);
        four[h][2] = _mm512_unpacklo_pd(b, d);
        four[h][3] = _mm512_unpackhi_pd(b, d);
    }
    NN_UNROLL(4)
    for (int j = 0; j < 4; j++) {
        to[2 * j] = _mm512_castpd_ps(_mm512_permutex2var_pd(four[0][j], low, four[1][j]));
        to[2 * j + 1] = _mm512_castpd_ps(_mm512_permutex2var_pd(four[0][j], high, four[1][j]));
    }
}

// Adds skip to n pixels of sixteen, applies the activation and stores them. `whole`, whether n is
// sixteen or more, is a constant where this is expanded.
NN_INLINE void finish(const nn_rowconv *t, float *out, const float *skip, const __m512 *sum,
                      int64_t n, bool whole)
{
    __m512 two[CHANNELS]; // pixels i and i + 4
    transpose(two, sum);
    NN_UNROLL(8)
    for (int v = 0; skip && v < CHANNELS; v++) {
        const int i = v % 2 * 8 + v / 2;
        const __m256 zero = _mm256_setzero_ps();
        const __m256 a = whole || i < n ? _mm256_loadu_ps(skip + i * CHANNELS) : zero;
        const __m256 b = whole || i + 4 < n ? _mm256_loadu_ps(skip + (i + 4) * CHANNELS) : zero;
        two[v] = _mm512_add_ps(two[v], _mm512_insertf32x8(_mm512_castps256_ps512(a), b, 1));
    }
    act_sums(t->act, two, CHANNELS);
    NN_UNROLL(8)
    for (int v = 0; v < CHANNELS; v++) {
        const int i = v % 2 * 8 + v / 2;
        if (whole || i < n)
            _mm256_storeu_ps(out + i * CHANNELS, _mm512_castps512_ps256(two[v]));
        if (whole || i + 4 < n)
            _mm256_storeu_ps(out + (i + 4) * CHANNELS, _mm512_extractf32x8_ps(two[v], 1));
    }
}

// Computes n <= 16 vectors pixels. `vectors` is a constant where this is expanded.
NN_INLINE void sum_tile(const nn_rowconv *t, float *out, const float *skip, const float *x,
                        int64_t n, int vectors)
{
    __m512 sum[VECTORS][CHANNELS];
    const float *w = t->weight;
    const int32_t *offset = t->offset, *const end = offset + t->depth;
    NN_UNROLL(3)
    for (int v = 0; v < vectors; v++) {
        NN_UNROLL(8)
        for (int c = 0; c < CHANNELS; c++)
            sum[v][c] = _mm512_set1_ps(t->bias[c]);
    }
    for (; offset < end; offset++, w += NN_ROWCONV_STRIDE) {
        const float *const p = x + *offset;
        __m512 in[VECTORS] NN_UNFILLED;
        NN_UNROLL(3)
        for (int v = 0; v < vectors; v++)
            in[v] = _mm512_loadu_ps(p + v * LANES);
        NN_UNROLL(8)
        for (int c = 0; c < CHANNELS; c++) {
            const __m512 one = _mm512_set1_ps(w[c]);
            NN_UNROLL(3)
            for (int v = 0; v < vectors; v++)
                sum[v][c] = _mm512_fmadd_ps(in[v], one, sum[v][c]);
        }
    }
    NN_UNROLL(3)
    for (int v = 0; v < vectors; v++) {
        const int64_t at = (int64_t)v * LANES * CHANNELS;
        const float *const added = skip ? skip + at : NULL;
        if (n >= (v + 1) * LANES)
            finish(t, out + at, added, sum[v], LANES, true);
        else
            finish(t, out + at, added, sum[v], n - v * LANES, false);
    }
}

typedef void tile_function(const nn_rowconv *t, float *out, const float *skip, const float *x,
                           int64_t n);

#define TILE(vectors)                                                                              \
    static void tile_##vectors(const nn_rowconv *t, float *out, const float *skip, const float *x, \
                               int64_t n)                                                          \
    {                                                                                              \
        sum_tile(t, out, skip, x, n, vectors);                                                     \
    }
TILE(1)
TILE(2)
TILE(3)

static void run_avx512(const nn_rowconv *t, float *out, const float *skip, const float *x,
                       int64_t n)
{
    static tile_function *const tile[VECTORS] = {tile_1, tile_2, tile_3};
    while (n > 0) {
        const int64_t vectors = (n + LANES - 1) / LANES, tiles = (vectors + VECTORS - 1) / VECTORS;
        const int64_t now = (vectors + tiles - 1) / tiles; // equal parts of what is left
        tile[now - 1](t, out, skip, x, n);
        x += now * LANES;
        out += now * LANES * CHANNELS;
        skip = skip ? skip + now * LANES * CHANNELS : NULL;
        n -= now * LANES;
    }
}

void nn_rowconv_init_avx512(nn_rowconv_kernels *k)
{
    k->run = run_avx512;
}
