// SPDX-License-Identifier: MIT
// Blocked convolution with AVX-512: up to twelve pixels times sixteen output channels, a register
// for each pixel.
#include "nn/kernels/avx2.h"
#include "nn/kernels/avx512.h"
#include "nn/kernels/tile_fetch.h"

#include <immintrin.h>

// Where a vector of sixteen takes two passes of the multipliers, FMAs are as many as with AVX2, but
// instructions half and reads of weights half. More pixels would run out of address registers.
enum { LANES = 8, PIXELS = 12 };

NN_INLINE __m512 load_weights(const void *weight, int64_t at, bool half)
{
    if (half)
        return _mm512_cvtph_ps(_mm256_loadu_si256((const void *)((const uint16_t *)weight + at)));
    return _mm512_loadu_ps((const float *)weight + at);
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

// `pixels`, `half`, `step`, the depth that is unrolled and divides t->run, and `fetches` are
// constants where this is expanded.
NN_INLINE void sum_tile(const nn_tile *t, nn_tile_fetch fetch, int first, const float *const *pixel,
                        const int32_t *place, int pixels, bool half, int step, bool fetches)
{
    const float *p[PIXELS];
    __m512 sum[PIXELS];
    int64_t at = 0;
    NN_UNROLL(12)
    for (int i = 0; i < pixels; i++) {
        p[i] = pixel[first + i];
        sum[i] = t->bias ? _mm512_loadu_ps(t->bias) : _mm512_setzero_ps();
    }
    for (int b = 0; b < t->blocks; b++) {
        const int64_t end = (int64_t)t->offset[b] + t->run;
        for (int64_t k = t->offset[b]; k < end; k += step) {
            if (fetches)
                nn_tile_fetch_step(&fetch);
            NN_UNROLL(8)
            for (int u = 0; u < step; u++, at += NN_TILE_CHANNELS) {
                const __m512 w = load_weights(t->weight, at, half);
                NN_UNROLL(12)
                for (int i = 0; i < pixels; i++)
                    sum[i] = _mm512_fmadd_ps(_mm512_set1_ps(p[i][k + u]), w, sum[i]);
            }
        }
    }
    NN_UNROLL(12)
    for (int i = 0; i < pixels; i++) {
        finish(t, _mm512_castps512_ps256(sum[i]), first + i, 0, place);
        finish(t, _mm512_extractf32x8_ps(sum[i], 1), first + i, 1, place);
    }
}

typedef void tile_function(const nn_tile *t, nn_tile_range r, const float *const *pixel,
                           const int32_t *place);

#define TILE(pixels, half, step, fetches)                                                          \
    static void tile_##pixels##_##half##_##step##_##fetches(                                       \
        const nn_tile *t, nn_tile_range r, const float *const *pixel, const int32_t *place)        \
    {                                                                                              \
        nn_tile_fetch fetch = {0};                                                                 \
        for (int i = 0; r.first + i < r.end; i++) {                                                \
            if (fetches)                                                                           \
                fetch = nn_tile_find_fetch(t, r.first + i, r.all, half, step);                     \
            sum_tile(t, fetch, i *pixels, pixel, place, pixels, half, step, fetches);              \
        }                                                                                          \
    }
#define TILES(h, s, f)                                                                             \
    TILE(1, h, s, f)                                                                               \
    TILE(2, h, s, f) TILE(3, h, s, f) TILE(4, h, s, f) TILE(5, h, s, f) TILE(6, h, s, f)           \
        TILE(7, h, s, f) TILE(8, h, s, f) TILE(9, h, s, f) TILE(10, h, s, f) TILE(11, h, s, f)     \
            TILE(12, h, s, f)
#define NAMES(h, s, f)                                                                             \
    {                                                                                              \
        tile_1_##h##_##s##_##f, tile_2_##h##_##s##_##f, tile_3_##h##_##s##_##f,                    \
            tile_4_##h##_##s##_##f, tile_5_##h##_##s##_##f, tile_6_##h##_##s##_##f,                \
            tile_7_##h##_##s##_##f, tile_8_##h##_##s##_##f, tile_9_##h##_##s##_##f,                \
            tile_10_##h##_##s##_##f, tile_11_##h##_##s##_##f, tile_12_##h##_##s##_##f              \
    }
TILES(0, 1, 0)
TILES(0, 8, 0)
TILES(1, 1, 0)
TILES(1, 8, 0)
TILES(0, 8, 1)
TILES(1, 8, 1)

// Deals the pixels out evenly: a tile of fewer than four is as slow as one of four.
static void run_avx512(const nn_tile *t, int count, const float *const *pixel, const int32_t *place)
{
    // By weights, run (or, fetching, always by eight), pixels.
    static tile_function *const plain[2][2][PIXELS] = {{NAMES(0, 1, 0), NAMES(0, 8, 0)},
                                                       {NAMES(1, 1, 0), NAMES(1, 8, 0)}};
    static tile_function *const fetching[2][PIXELS] = {NAMES(0, 8, 1), NAMES(1, 8, 1)};
    const bool by_eight = t->run % 8 == 0;
    tile_function *const *run = by_eight && t->next ? fetching[t->half] : plain[t->half][by_eight];
    if (count <= 0)
        return;
    if (t->channels <= LANES) { // half a register would lie idle
        nn_tile_run_avx2(t, count, pixel, place);
        return;
    }
    const int tiles = (count + PIXELS - 1) / PIXELS, n = count / tiles, large = count % tiles;
    if (large)
        run[n](t, (nn_tile_range){0, large, tiles}, pixel, place);
    nn_tile rest = *t;
    if (t->skip)
        rest.skip_place += large * (n + 1);
    run[n - 1](&rest, (nn_tile_range){large, tiles, tiles}, pixel + large * (n + 1),
               place + large * (n + 1));
}

void nn_tile_init_avx512(nn_tile_kernels *k)
{
    k->run = run_avx512; // grad is as fast with AVX2
    k->pixels = PIXELS;
}
