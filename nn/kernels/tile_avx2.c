// SPDX-License-Identifier: MIT
// Blocked convolution with AVX2: six pixels times sixteen output channels, twelve sums in
// registers.
#include "nn/kernels/avx2.h"
#include "nn/kernels/tile_fetch.h"

#include <immintrin.h>

// Twelve sums hide the latency of FMA; two vectors of weights and six broadcasts for twelve FMAs
// leave the loads behind them. Sixteen registers have room for no more.
enum { LANES = 8, PIXELS = 6, VECTORS = NN_TILE_CHANNELS / LANES };

NN_INLINE __m256 load_weights(const void *weight, int64_t at, bool half)
{
    if (half)
        return _mm256_cvtph_ps(_mm_load_si128((const void *)((const uint16_t *)weight + at)));
    return _mm256_load_ps((const float *)weight + at);
}

// `pixels` and `vectors` (of eight output channels), `half` and `step`, the depth that is unrolled
// and divides t->run, are constants where this is expanded.
NN_INLINE void sum_tile(const nn_tile *t, nn_tile_fetch fetch, int first, const float *const *pixel,
                        const int32_t *place, int pixels, int vectors, bool half, int step)
{
    const float *p[PIXELS];
    __m256 sum[PIXELS][VECTORS];
    int64_t at = 0;
#pragma GCC unroll 6
    for (int i = 0; i < pixels; i++) {
        p[i] = pixel[first + i];
#pragma GCC unroll 2
        for (int v = 0; v < vectors; v++)
            sum[i][v] = t->bias ? _mm256_loadu_ps(t->bias + LANES * v) : _mm256_setzero_ps();
    }
    for (int b = 0; b < t->blocks; b++) {
        const int64_t end = (int64_t)t->offset[b] + t->run;
        for (int64_t k = t->offset[b]; k < end; k += step) {
            nn_tile_fetch_step(&fetch);
#pragma GCC unroll 8
            for (int u = 0; u < step; u++, at += NN_TILE_CHANNELS) {
                __m256 w[VECTORS];
#pragma GCC unroll 2
                for (int v = 0; v < vectors; v++)
                    w[v] = load_weights(t->weight, at + LANES * v, half);
#pragma GCC unroll 6
                for (int i = 0; i < pixels; i++) {
                    const __m256 x = _mm256_broadcast_ss(p[i] + k + u);
#pragma GCC unroll 2
                    for (int v = 0; v < vectors; v++)
                        sum[i][v] = _mm256_fmadd_ps(x, w[v], sum[i][v]);
                }
            }
        }
    }
#pragma GCC unroll 6
    for (int i = 0; i < pixels; i++)
#pragma GCC unroll 2
        for (int v = 0; v < vectors; v++) {
            if (t->skip)
                sum[i][v] =
                    _mm256_add_ps(sum[i][v], _mm256_loadu_ps(t->skip + t->skip_place[first + i] +
                                                             v * t->skip_plane));
            if (t->relu) // the second operand is what NaN gives
                sum[i][v] = _mm256_max_ps(_mm256_setzero_ps(), sum[i][v]);
            _mm256_storeu_ps(t->out + place[first + i] + v * t->plane, sum[i][v]);
        }
}

// Deals the pixels out evenly: seven are four and three, since a tile of one pixel is as slow as
// one of three.
NN_INLINE void run_tiles(const nn_tile *t, int count, const float *const *pixel,
                         const int32_t *place, int vectors, bool half, int step)
{
    const int tiles = (count + PIXELS - 1) / PIXELS;
    for (int i = 0, first = 0; i < tiles; i++) {
        const int n = count / tiles + (i < count % tiles);
        const nn_tile_fetch fetch = nn_tile_find_fetch(t, i, tiles, half, step);
        switch (n) {
        case 1:
            sum_tile(t, fetch, first, pixel, place, 1, vectors, half, step);
            break;
        case 2:
            sum_tile(t, fetch, first, pixel, place, 2, vectors, half, step);
            break;
        case 3:
            sum_tile(t, fetch, first, pixel, place, 3, vectors, half, step);
            break;
        case 4:
            sum_tile(t, fetch, first, pixel, place, 4, vectors, half, step);
            break;
        case 5:
            sum_tile(t, fetch, first, pixel, place, 5, vectors, half, step);
            break;
        default:
            sum_tile(t, fetch, first, pixel, place, PIXELS, vectors, half, step);
        }
        first += n;
    }
}

typedef void run_function(const nn_tile *t, int count, const float *const *pixel,
                          const int32_t *place);

#define RUN(name, vectors, half, step)                                                             \
    static void name(const nn_tile *t, int count, const float *const *pixel, const int32_t *place) \
    {                                                                                              \
        run_tiles(t, count, pixel, place, vectors, half, step);                                    \
    }
RUN(run_8, 1, false, 1)
RUN(run_8_by_8, 1, false, 8)
RUN(run_8_half, 1, true, 1)
RUN(run_8_half_by_8, 1, true, 8)
RUN(run_16, 2, false, 1)
RUN(run_16_by_8, 2, false, 8)
RUN(run_16_half, 2, true, 1)
RUN(run_16_half_by_8, 2, true, 8)

static void run_avx2(const nn_tile *t, int count, const float *const *pixel, const int32_t *place)
{
    // By output channels, weights, run.
    static run_function *const runs[2][2][2] = {
        {{run_8, run_8_by_8}, {run_8_half, run_8_half_by_8}},
        {{run_16, run_16_by_8}, {run_16_half, run_16_half_by_8}},
    };
    runs[t->channels > LANES][t->half][t->run % 8 == 0](t, count, pixel, place);
}

// `inputs` and `vectors` are constants where this is expanded.
NN_INLINE void grad_tile(const nn_tile_grad *t, int first, const float *const *in, int inputs,
                         int vectors)
{
    const float *x[PIXELS];
    __m256 sum[PIXELS][VECTORS];
#pragma GCC unroll 6
    for (int i = 0; i < inputs; i++) {
        x[i] = in[first + i];
#pragma GCC unroll 2
        for (int v = 0; v < vectors; v++)
            sum[i][v] = _mm256_setzero_ps();
    }
    for (int r = 0; r < t->rows; r++) {
        const float *g = t->grad + t->row[r], *end = g + (int64_t)t->width * LANES;
        for (int64_t k = t->in_row[r]; g < end; g += LANES, k += t->step) {
            __m256 w[VECTORS];
#pragma GCC unroll 2
            for (int v = 0; v < vectors; v++)
                w[v] = _mm256_loadu_ps(g + v * t->plane);
#pragma GCC unroll 6
            for (int i = 0; i < inputs; i++) {
                const __m256 a = _mm256_broadcast_ss(x[i] + k);
#pragma GCC unroll 2
                for (int v = 0; v < vectors; v++)
                    sum[i][v] = _mm256_fmadd_ps(a, w[v], sum[i][v]);
            }
        }
    }
#pragma GCC unroll 6
    for (int i = 0; i < inputs; i++)
#pragma GCC unroll 2
        for (int v = 0; v < vectors; v++) {
            float *to = t->out + (first + i) * LANES + v * t->out_plane;
            if (t->add)
                sum[i][v] = _mm256_add_ps(sum[i][v], _mm256_loadu_ps(to));
            _mm256_storeu_ps(to, sum[i][v]);
        }
}

NN_INLINE void grad_tiles(const nn_tile_grad *t, int count, const float *const *in, int vectors)
{
    const int tiles = (count + PIXELS - 1) / PIXELS;
    for (int i = 0, first = 0; i < tiles; i++) {
        const int n = count / tiles + (i < count % tiles);
        switch (n) {
        case 1:
            grad_tile(t, first, in, 1, vectors);
            break;
        case 2:
            grad_tile(t, first, in, 2, vectors);
            break;
        case 3:
            grad_tile(t, first, in, 3, vectors);
            break;
        case 4:
            grad_tile(t, first, in, 4, vectors);
            break;
        case 5:
            grad_tile(t, first, in, 5, vectors);
            break;
        default:
            grad_tile(t, first, in, PIXELS, vectors);
        }
        first += n;
    }
}

static void grad_avx2(const nn_tile_grad *t, int count, const float *const *in)
{
    if (t->channels > LANES)
        grad_tiles(t, count, in, 2);
    else
        grad_tiles(t, count, in, 1);
}

void nn_tile_init_avx2(nn_tile_kernels *k)
{
    *k = (nn_tile_kernels){.run = run_avx2, .grad = grad_avx2, .pixels = PIXELS};
}
