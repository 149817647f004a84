// SPDX-License-Identifier: MIT
// Convolution of planes into blocked rows with AVX2: 24 pixels times four output channels, a
// register for eight sums of a channel.
#include "nn/kernels/act_avx2.h"
#include "nn/kernels/rowconv.h"
#include "nn/kernels/vmath_avx2.h"

#include <immintrin.h>
#include <stddef.h>

// Twelve sums need seven loads for twelve FMAs, three of pixels and four of weights.
enum { LANES = 8, CHANNELS = 8, PART = 4, VECTORS = 3 };

// Transposes the sums of eight pixels and four channels, adds skip, applies the activation and
// stores n pixels.
NN_INLINE void finish(const nn_rowconv *t, float *out, const float *skip, const __m256 *sum,
                      int64_t n)
{
    const __m256d a = _mm256_castps_pd(_mm256_unpacklo_ps(sum[0], sum[1]));
    const __m256d b = _mm256_castps_pd(_mm256_unpackhi_ps(sum[0], sum[1]));
    const __m256d c = _mm256_castps_pd(_mm256_unpacklo_ps(sum[2], sum[3]));
    const __m256d d = _mm256_castps_pd(_mm256_unpackhi_ps(sum[2], sum[3]));
    __m256 pixel[4] = {
        // pixels j and 4 + j
        _mm256_castpd_ps(_mm256_unpacklo_pd(a, c)), _mm256_castpd_ps(_mm256_unpackhi_pd(a, c)),
        _mm256_castpd_ps(_mm256_unpacklo_pd(b, d)), _mm256_castpd_ps(_mm256_unpackhi_pd(b, d))};
    NN_UNROLL(4)
    for (int j = 0; skip && j < 4; j++) {
        const __m128 low = j < n ? _mm_loadu_ps(skip + j * CHANNELS) : _mm_setzero_ps();
        const __m128 high = j + 4 < n ? _mm_loadu_ps(skip + (j + 4) * CHANNELS) : _mm_setzero_ps();
        pixel[j] = _mm256_add_ps(pixel[j], _mm256_set_m128(high, low));
    }
    act_vectors(t->act, pixel, 4);
    NN_UNROLL(4)
    for (int j = 0; j < 4; j++) {
        if (j < n)
            _mm_storeu_ps(out + j * CHANNELS, _mm256_castps256_ps128(pixel[j]));
        if (j + 4 < n)
            _mm_storeu_ps(out + (j + 4) * CHANNELS, _mm256_extractf128_ps(pixel[j], 1));
    }
}

// Computes channels `first` to first + 3 of n <= 8 vectors pixels. `vectors` is a constant where
// this is expanded.
NN_INLINE void sum_tile(const nn_rowconv *t, float *out, const float *skip, const float *x,
                        int64_t n, int first, int vectors)
{
    __m256 sum[VECTORS][PART];
    const float *w = t->weight + first;
    const int32_t *offset = t->offset, *const end = offset + t->depth;
    NN_UNROLL(3)
    for (int v = 0; v < vectors; v++) {
        NN_UNROLL(4)
        for (int c = 0; c < PART; c++)
            sum[v][c] = _mm256_set1_ps(t->bias[first + c]);
    }
    for (; offset < end; offset++, w += NN_ROWCONV_STRIDE) {
        const float *const p = x + *offset;
        __m256 in[VECTORS] NN_UNFILLED;
        NN_UNROLL(3)
        for (int v = 0; v < vectors; v++)
            in[v] = _mm256_loadu_ps(p + v * LANES);
        NN_UNROLL(4)
        for (int c = 0; c < PART; c++) {
            const __m256 one = _mm256_broadcast_ss(w + c);
            NN_UNROLL(3)
            for (int v = 0; v < vectors; v++)
                sum[v][c] = _mm256_fmadd_ps(in[v], one, sum[v][c]);
        }
    }
    NN_UNROLL(3)
    for (int v = 0; v < vectors; v++) {
        const int64_t at = (int64_t)v * LANES * CHANNELS + first;
        finish(t, out + at, skip ? skip + at : NULL, sum[v], n - v * LANES);
    }
}

typedef void tile_function(const nn_rowconv *t, float *out, const float *skip, const float *x,
                           int64_t n, int first);

#define TILE(vectors)                                                                              \
    static void tile_##vectors(const nn_rowconv *t, float *out, const float *skip, const float *x, \
                               int64_t n, int first)                                               \
    {                                                                                              \
        sum_tile(t, out, skip, x, n, first, vectors);                                              \
    }
TILE(1)
TILE(2)
TILE(3)

static void run_avx2(const nn_rowconv *t, float *out, const float *skip, const float *x, int64_t n)
{
    static tile_function *const tile[VECTORS] = {tile_1, tile_2, tile_3};
    while (n > 0) {
        const int64_t vectors = (n + LANES - 1) / LANES, tiles = (vectors + VECTORS - 1) / VECTORS;
        const int64_t now = (vectors + tiles - 1) / tiles; // equal parts of what is left
        for (int first = 0; first < CHANNELS; first += PART)
            tile[now - 1](t, out, skip, x, n, first);
        x += now * LANES;
        out += now * LANES * CHANNELS;
        skip = skip ? skip + now * LANES * CHANNELS : NULL;
        n -= now * LANES;
    }
}

// The second load starts early, so that nothing behind the last float is read.
static void pick_two(float *to, const float *from, int64_t n)
{
    int64_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        const __m256 a = _mm256_loadu_ps(from + 2 * i), b = _mm256_loadu_ps(from + 2 * i + 7);
        const __m256 even = _mm256_shuffle_ps(a, b, 0xd8); // a0 a2 b1 b3 | a4 a6 b5 b7
        const __m256d pairs = _mm256_permute4x64_pd(_mm256_castps_pd(even), 0xd8);
        _mm256_storeu_ps(to + i, _mm256_castpd_ps(pairs));
    }
    for (; i < n; i++)
        to[i] = from[2 * i];
}

// The last load reads three floats behind the last one that counts, so a rest is left.
static void pick_four(float *to, const float *from, int64_t n)
{
    const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
    int64_t i = 0;
    for (; i + LANES < n; i += LANES) {
        const float *const f = from + 4 * i;
        const __m256 a = _mm256_loadu_ps(f), b = _mm256_loadu_ps(f + 8);
        const __m256 c = _mm256_loadu_ps(f + 16), d = _mm256_loadu_ps(f + 24);
        const __m256 ab = _mm256_shuffle_ps(a, b, 0), cd = _mm256_shuffle_ps(c, d, 0);
        const __m256 all = _mm256_shuffle_ps(ab, cd, 0x88); // a0 b0 c0 d0 | a4 b4 c4 d4
        _mm256_storeu_ps(to + i, _mm256_permutevar8x32_ps(all, order));
    }
    for (; i < n; i++)
        to[i] = from[4 * i];
}

static void pick_avx2(float *to, const float *from, int64_t n, int stride)
{
    if (stride == 2)
        pick_two(to, from, n);
    else if (stride == 4)
        pick_four(to, from, n);
    else
        for (int64_t i = 0; i < n; i++)
            to[i] = from[i * stride];
}

void nn_rowconv_init_avx2(nn_rowconv_kernels *k)
{
    *k = (nn_rowconv_kernels){.run = run_avx2, .pick = pick_avx2};
}
