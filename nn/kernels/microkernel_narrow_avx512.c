// SPDX-License-Identifier: MIT
// Blocked convolution with AVX-512 for eight output channels: up to 24 pixels side by side, half a
// register for each.
#include "nn/kernels/act_avx2.h"
#include "nn/kernels/microkernel_avx512.h"

#include <immintrin.h>

// With 32 registers a load of weights serves three times as many pixels as with AVX2, and one
// address all of them. Whole registers would need two weights or two pixels in each, and their
// broadcasts take longer than the products (0.86 of AVX2 on Zen 4).
enum { PIXELS = 24, LANES = 8 };

// Computes `pixels` pixels that are eight floats apart. `pixels` and `step`, the depth that is
// unrolled and divides t->run, are constants where this is expanded.
NN_INLINE void sum_tile(const nn_microkernel_args *t, const float *p, const int32_t *place,
                        int pixels, int step)
{
    const float *w = t->weight;
    __m256 sum[PIXELS];
    NN_UNROLL(24)
    for (int i = 0; i < pixels; i++)
        sum[i] = t->bias ? _mm256_loadu_ps(t->bias) : _mm256_setzero_ps();
    for (int b = 0; b < t->blocks; b++) {
        const float *x = p + t->offset[b], *const end = x + t->run;
        for (; x < end; x += step, w += step * NN_PANEL_CHANNELS) {
            NN_UNROLL(8)
            for (int u = 0; u < step; u++) {
                __asm__("" : "+r"(x)); // or compilers load ahead into more registers than there are
                const __m256 v = _mm256_loadu_ps(w + u * NN_PANEL_CHANNELS);
                NN_UNROLL(24)
                for (int i = 0; i < pixels; i++)
                    sum[i] = _mm256_fmadd_ps(_mm256_set1_ps(x[u + i * LANES]), v, sum[i]);
            }
        }
    }
    for (int s = 0; s < t->singles; s++, w += NN_PANEL_CHANNELS) {
        const float *const x = p + t->single[s];
        const __m256 v = _mm256_loadu_ps(w);
        NN_UNROLL(24)
        for (int i = 0; i < pixels; i++)
            sum[i] = _mm256_fmadd_ps(_mm256_set1_ps(x[i * LANES]), v, sum[i]);
    }
    NN_UNROLL(24)
    for (int i = 0; i < pixels; i++)
        if (t->skip)
            sum[i] = _mm256_add_ps(sum[i], _mm256_loadu_ps(t->skip + t->skip_place[i]));
    NN_UNROLL(4)
    for (int i = 0; i < pixels; i += 8)
        act_vectors(t->act, sum + i, pixels - i < 8 ? pixels - i : 8);
    NN_UNROLL(24)
    for (int i = 0; i < pixels; i++)
        _mm256_storeu_ps(t->out + place[i], sum[i]);
}

typedef void tile_function(const nn_microkernel_args *t, const float *p, const int32_t *place);

#define TILE(pixels)                                                                               \
    static void tile_##pixels(const nn_microkernel_args *t, const float *p, const int32_t *place)  \
    {                                                                                              \
        sum_tile(t, p, place, pixels, 4);                                                          \
    }
#define EIGHT(EACH, a, b, c, d, e, f, g, h)                                                        \
    EACH(a) EACH(b) EACH(c) EACH(d) EACH(e) EACH(f) EACH(g) EACH(h)
#define ALL(EACH)                                                                                  \
    EIGHT(EACH, 9, 10, 11, 12, 13, 14, 15, 16) EIGHT(EACH, 17, 18, 19, 20, 21, 22, 23, 24)
#define NAME(pixels) tile_##pixels,
ALL(TILE)

static int count_row(const float *const *pixel, int count)
{
    int n = 1;
    while (n < count && pixel[n] - pixel[n - 1] == LANES)
        n++;
    return n;
}

void nn_microkernel_run_narrow_avx512(const nn_microkernel_args *t, int count,
                                      const float *const *pixel, const int32_t *place)
{
    enum { LEAST = 9 }; // pixels; for fewer AVX2 has registers enough
    static tile_function *const tile[PIXELS - LEAST + 1] = {ALL(NAME)};
    nn_microkernel_args rest = *t;
    while (count > 0) {
        int left = count_row(pixel, count);
        int tiles = (left + PIXELS - 1) / PIXELS;
        if (left / tiles < LEAST) {
            nn_microkernel_run_avx2(&rest, count, pixel, place);
            return;
        }
        count -= left;
        for (; tiles > 0; tiles--) {
            const int n = (left + tiles - 1) / tiles; // equal parts
            tile[n - LEAST](&rest, *pixel, place);
            left -= n;
            pixel += n;
            place += n;
            rest.skip_place += t->skip ? n : 0;
        }
    }
}
