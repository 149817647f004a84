// SPDX-License-Identifier: MIT
// Blocked convolution with AVX-512: up to twelve pixels times sixteen output channels, a register
// for each pixel.
#include "nn/kernels/avx512.h"
#include "nn/kernels/tile_fetch.h"

#include <immintrin.h>

// Where a vector of sixteen takes two passes of the multipliers, FMAs are as many as with AVX2, but
// instructions half and reads of weights half. More pixels would run out of address registers.
enum { LANES = 8, PIXELS = 12 };

// Sums of one pixel: the first eight channels alone, or all sixteen.
typedef struct sums {
    __m256 eight;
    __m512 sixteen;
} sums;

NN_INLINE __m512 load_sixteen(const void *weight, int64_t at, bool half)
{
    if (half)
        return _mm512_cvtph_ps(_mm256_load_si256((const void *)((const uint16_t *)weight + at)));
    return _mm512_loadu_ps((const float *)weight + at);
}

NN_INLINE __m256 load_eight(const void *weight, int64_t at, bool half)
{
    if (half)
        return _mm256_cvtph_ps(_mm_load_si128((const void *)((const uint16_t *)weight + at)));
    return _mm256_load_ps((const float *)weight + at);
}

// Adds what is to be added and stores eight channels of a pixel.
NN_INLINE void finish(const nn_tile *t, __m256 sum, int pixel, int vector, const int32_t *place)
{
    if (t->skip)
        sum = _mm256_add_ps(
            sum, _mm256_loadu_ps(t->skip + t->skip_place[pixel] + vector * t->skip_plane));
    if (t->relu) // the second operand is what NaN gives
        sum = _mm256_max_ps(_mm256_setzero_ps(), sum);
    _mm256_storeu_ps(t->out + place[pixel] + vector * t->plane, sum);
}

// `pixels`, `wide` (sixteen output channels), `half` and `step`, the depth that is unrolled and
// divides t->run, are constants where this is expanded.
NN_INLINE void sum_tile(const nn_tile *t, nn_tile_fetch fetch, int first, const float *const *pixel,
                        const int32_t *place, int pixels, bool wide, bool half, int step)
{
    const float *p[PIXELS];
    sums sum[PIXELS];
    int64_t at = 0;
#pragma GCC unroll 12
    for (int i = 0; i < pixels; i++) {
        p[i] = pixel[first + i];
        if (wide)
            sum[i].sixteen = t->bias ? _mm512_loadu_ps(t->bias) : _mm512_setzero_ps();
        else
            sum[i].eight = t->bias ? _mm256_loadu_ps(t->bias) : _mm256_setzero_ps();
    }
    for (int b = 0; b < t->blocks; b++) {
        const int64_t end = (int64_t)t->offset[b] + t->run;
        for (int64_t k = t->offset[b]; k < end; k += step) {
            nn_tile_fetch_step(&fetch);
#pragma GCC unroll 8
            for (int u = 0; u < step; u++, at += NN_TILE_CHANNELS) {
                const __m512 w = wide ? load_sixteen(t->weight, at, half) : _mm512_setzero_ps();
                const __m256 v = wide ? _mm256_setzero_ps() : load_eight(t->weight, at, half);
#pragma GCC unroll 12
                for (int i = 0; i < pixels; i++) {
                    const float *x = p[i] + k + u;
                    if (wide)
                        sum[i].sixteen = _mm512_fmadd_ps(_mm512_set1_ps(*x), w, sum[i].sixteen);
                    else
                        sum[i].eight = _mm256_fmadd_ps(_mm256_broadcast_ss(x), v, sum[i].eight);
                }
            }
        }
    }
#pragma GCC unroll 12
    for (int i = 0; i < pixels; i++) {
        if (wide) {
            finish(t, _mm512_castps512_ps256(sum[i].sixteen), first + i, 0, place);
            finish(t, _mm512_extractf32x8_ps(sum[i].sixteen, 1), first + i, 1, place);
        } else {
            finish(t, sum[i].eight, first + i, 0, place);
        }
    }
}

#define CASE(n)                                                                                    \
    case n:                                                                                        \
        sum_tile(t, fetch, first, pixel, place, n, wide, half, step);                              \
        break

// Deals the pixels out evenly: a tile of fewer than four is as slow as one of four.
NN_INLINE void run_tiles(const nn_tile *t, int count, const float *const *pixel,
                         const int32_t *place, bool wide, bool half, int step)
{
    const int tiles = (count + PIXELS - 1) / PIXELS;
    for (int i = 0, first = 0; i < tiles; i++) {
        const int n = count / tiles + (i < count % tiles);
        const nn_tile_fetch fetch = nn_tile_find_fetch(t, i, tiles, half, step);
        switch (n) {
            CASE(1);
            CASE(2);
            CASE(3);
            CASE(4);
            CASE(5);
            CASE(6);
            CASE(7);
            CASE(8);
            CASE(9);
            CASE(10);
            CASE(11);
            CASE(12);
        }
        first += n;
    }
}

typedef void run_function(const nn_tile *t, int count, const float *const *pixel,
                          const int32_t *place);

#define RUN(name, wide, half, step)                                                                \
    static void name(const nn_tile *t, int count, const float *const *pixel, const int32_t *place) \
    {                                                                                              \
        run_tiles(t, count, pixel, place, wide, half, step);                                       \
    }
RUN(run_8, false, false, 1)
RUN(run_8_by_8, false, false, 8)
RUN(run_8_half, false, true, 1)
RUN(run_8_half_by_8, false, true, 8)
RUN(run_16, true, false, 1)
RUN(run_16_by_8, true, false, 8)
RUN(run_16_half, true, true, 1)
RUN(run_16_half_by_8, true, true, 8)

static void run_avx512(const nn_tile *t, int count, const float *const *pixel, const int32_t *place)
{
    // By output channels, weights, run.
    static run_function *const runs[2][2][2] = {
        {{run_8, run_8_by_8}, {run_8_half, run_8_half_by_8}},
        {{run_16, run_16_by_8}, {run_16_half, run_16_half_by_8}},
    };
    runs[t->channels > LANES][t->half][t->run % 8 == 0](t, count, pixel, place);
}

void nn_tile_init_avx512(nn_tile_kernels *k)
{
    k->run = run_avx512; // grad is as fast with AVX2
    k->pixels = PIXELS;
}
