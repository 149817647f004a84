// SPDX-License-Identifier: MIT
// Convolution in bfloat16 with AVX-512 BF16: up to fourteen places times two panels, a register
// for each place of a panel.
#include "nn/kernels/bf16conv.h"
#include "nn/kernels/bf16finish_avx512.h"
#include "nn/kernels/unroll.h"

#include <immintrin.h>
#include <string.h>

enum { PLACES = 14, PANEL = 16, PAIRS = NN_BF16_BLOCK / 2, STRETCH = NN_BF16_BLOCK * PANEL };

NN_INLINE __m512bh pair(const uint16_t *p)
{
    int32_t two;
    memcpy(&two, p, sizeof two);
    return (__m512bh)_mm512_set1_epi32(two);
}

// `places` and `panels` are constants where this is expanded.
NN_INLINE void run_tile(const nn_bf16_conv *t, int panel, int64_t first, int places, int panels)
{
    __m512 sum[2 * PLACES];
    const uint16_t *x = t->x + first * NN_BF16_BLOCK;
    const int64_t panel_numbers = (int64_t)t->stretches * STRETCH;
    const uint16_t *weight = t->weight + panel * panel_numbers;
    NN_UNROLL(28)
    for (int i = 0; i < places * panels; i++)
        sum[i] = _mm512_loadu_ps(t->bias + (panel + i % panels) * PANEL);
    for (int s = 0; s < t->stretches; s++) {
        const uint16_t *p = x + t->offset[s];
        for (int k = 0; k < PAIRS; k++, p += 2, weight += 2 * PANEL) {
            __m512bh w[2] NN_UNFILLED;
            NN_UNROLL(2)
            for (int n = 0; n < panels; n++)
                w[n] = (__m512bh)_mm512_loadu_si512(weight + n * panel_numbers);
            NN_UNROLL(14)
            for (int i = 0; i < places; i++) {
                const __m512bh two = pair(p + i * NN_BF16_BLOCK);
                NN_UNROLL(2)
                for (int n = 0; n < panels; n++)
                    sum[i * panels + n] = _mm512_dpbf16_ps(sum[i * panels + n], two, w[n]);
            }
        }
    }
    float kept[2 * PLACES * PANEL];
    NN_UNROLL(28)
    for (int i = 0; i < places * panels; i++)
        _mm512_storeu_ps(kept + (i % panels * PLACES + i / panels) * PANEL, sum[i]);
    for (int n = 0; n < panels; n++)
        finish(t, panel + n, first, places, kept + n * PLACES * PANEL);
}

typedef void tile_run(const nn_bf16_conv *t, int panel, int64_t first);

#define TILE(places, panels)                                                                       \
    static __attribute__((noinline)) void tile_##places##x##panels(const nn_bf16_conv *t,          \
                                                                   int panel, int64_t first)       \
    {                                                                                              \
        run_tile(t, panel, first, places, panels);                                                 \
    }
#define ALL_PLACES(DO, panels)                                                                     \
    DO(1, panels)                                                                                  \
    DO(2, panels)                                                                                  \
    DO(3, panels)                                                                                  \
    DO(4, panels)                                                                                  \
    DO(5, panels)                                                                                  \
    DO(6, panels)                                                                                  \
    DO(7, panels)                                                                                  \
    DO(8, panels)                                                                                  \
    DO(9, panels) DO(10, panels) DO(11, panels) DO(12, panels) DO(13, panels) DO(14, panels)
ALL_PLACES(TILE, 1)
ALL_PLACES(TILE, 2)

#define NAME(places, panels) tile_##places##x##panels,
static tile_run *const one_panel[] = {NULL, ALL_PLACES(NAME, 1)};
static tile_run *const two_panels[] = {NULL, ALL_PLACES(NAME, 2)};

static void run_avx512bf16(const nn_bf16_conv *t, int64_t first, int64_t places)
{
    for (int panel = 0; panel < t->panels; panel += 2) {
        tile_run *const *tiles = t->panels - panel > 1 ? two_panels : one_panel;
        int64_t cuts = (places + PLACES - 1) / PLACES, at = 0;
        for (; cuts > 0; cuts--) {
            const int64_t n = (places - at + cuts - 1) / cuts;
            tiles[n](t, panel, first + at);
            at += n;
        }
    }
}

// The 32 channels of a pixel.
NN_INLINE void load_pixel(const float *from, int64_t plane, int blocks, __m512 x[2])
{
    x[0] = x[1] = _mm512_setzero_ps();
    x[0] = _mm512_insertf32x8(x[0], _mm256_loadu_ps(from), 0);
    if (blocks > 1)
        x[0] = _mm512_insertf32x8(x[0], _mm256_loadu_ps(from + plane), 1);
    if (blocks > 2)
        x[1] = _mm512_insertf32x8(x[1], _mm256_loadu_ps(from + 2 * plane), 0);
    if (blocks > 3)
        x[1] = _mm512_insertf32x8(x[1], _mm256_loadu_ps(from + 3 * plane), 1);
}

static void convert_avx512bf16(uint16_t *to, const float *from, int64_t plane, int blocks,
                               int64_t step, int64_t pixels)
{
    for (int64_t i = 0; i < pixels; i++, from += step, to += NN_BF16_BLOCK) {
        __m512 x[2];
        load_pixel(from, plane, blocks, x);
        _mm512_storeu_si512(to, (__m512i)_mm512_cvtne2ps_pbh(x[1], x[0]));
    }
}

// What is left of x when it is rounded to `high`; 0 where that is not finite.
NN_INLINE __m512 rest(__m512 x, __m256i high)
{
    enum { INFINITE = 0x18, QUIET_NAN = 1, SIGNALING_NAN = 0x80 };
    const __m512 near = _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(high), 16));
    const __mmask16 no = _mm512_fpclass_ps_mask(near, INFINITE | QUIET_NAN | SIGNALING_NAN);
    return _mm512_maskz_sub_ps(_knot_mask16(no), x, near);
}

NN_INLINE void split_pixels(uint16_t *to, int64_t low, const float *from, int64_t plane, int blocks,
                            int64_t step, int64_t pixels, const float *scale)
{
    __m512 by[2];
    for (int i = 0; i < 2; i++)
        by[i] = scale ? _mm512_loadu_ps(scale + 16 * i) : _mm512_setzero_ps();
    for (int64_t i = 0; i < pixels; i++, from += step, to += NN_BF16_BLOCK) {
        __m512 x[2];
        load_pixel(from, plane, blocks, x);
        if (scale) {
            x[0] = _mm512_mul_ps(x[0], by[0]);
            x[1] = _mm512_mul_ps(x[1], by[1]);
        }
        const __m512i high = (__m512i)_mm512_cvtne2ps_pbh(x[1], x[0]);
        x[0] = rest(x[0], _mm512_castsi512_si256(high));
        x[1] = rest(x[1], _mm512_extracti32x8_epi32(high, 1));
        _mm512_storeu_si512(to, high);
        _mm512_storeu_si512(to + low, (__m512i)_mm512_cvtne2ps_pbh(x[1], x[0]));
    }
}

static void split_avx512bf16(uint16_t *to, int64_t low, const float *from, int64_t plane,
                             int blocks, int64_t step, int64_t pixels, const float *scale)
{
    if (blocks == 4 && !scale)
        split_pixels(to, low, from, plane, 4, step, pixels, NULL);
    else
        split_pixels(to, low, from, plane, blocks, step, pixels, scale);
}

void nn_bf16_conv_init_avx512bf16(nn_bf16_conv_kernels *k)
{
    k->run = run_avx512bf16;
    k->convert = convert_avx512bf16;
    k->split = split_avx512bf16;
    k->speed = 1.8;
}
