// SPDX-License-Identifier: MIT
// Reference of convolution in bfloat16, and the choice of a faster one.
#include "nn/kernels/bf16conv.h"

#include "nn/base/float16.h"
#include "nn/kernels/cpu.h"

#include <math.h>
#include <stdbool.h>

enum { PANEL = 16, PAIRS = NN_BF16_BLOCK / 2, LANES = 8, STRETCH = NN_BF16_BLOCK * PANEL };

// Adds pairs up first.
static void add_stretch(const uint16_t *x, const uint16_t *weight, float sum[PANEL])
{
    for (int k = 0; k < PAIRS; k++, weight += 2 * PANEL)
        for (int c = 0; c < PANEL; c++)
            sum[c] += nn_bf16_decode(x[2 * k]) * nn_bf16_decode(weight[2 * c]) +
                      nn_bf16_decode(x[2 * k + 1]) * nn_bf16_decode(weight[2 * c + 1]);
}

static void sum_place(const nn_bf16_conv *t, int panel, int64_t place, bool split, float sum[PANEL])
{
    const int64_t stretch = (split ? 2 : 1) * STRETCH;
    const uint16_t *weight = t->weight + panel * t->stretches * stretch;
    for (int s = 0; s < t->stretches; s++, weight += stretch) {
        const uint16_t *x = t->x + place * NN_BF16_BLOCK + t->offset[s];
        if (split)
            add_stretch(x, weight + STRETCH, sum);
        add_stretch(x, weight, sum);
        if (split)
            add_stretch(x + t->low, weight, sum);
    }
}

static void run_any(const nn_bf16_conv *t, int64_t first, int64_t places, bool split)
{
    nn_eltwise_kernels eltwise;
    nn_eltwise_init(&eltwise, 0);
    for (int panel = 0; panel < t->panels; panel++)
        for (int64_t place = first; place < first + places; place++) {
            const int64_t y = place / t->pitch, x = place % t->pitch;
            float sum[PANEL];
            if (x >= t->width)
                continue;
            for (int c = 0; c < PANEL; c++)
                sum[c] = t->bias[panel * PANEL + c];
            sum_place(t, panel, place, split, sum);
            for (int c = 0; c < PANEL; c++) {
                const int64_t block = 2 * panel + c / LANES, at = x * LANES + c % LANES;
                if (block * LANES >= t->channels)
                    break;
                if (t->skip)
                    sum[c] += t->skip[block * t->skip_plane + y * t->skip_row + at];
                if (t->late)
                    t->late(&sum[c], &sum[c], 1);
                eltwise.act[t->act](t->out + block * t->plane + y * t->row + at, &sum[c], 1);
            }
        }
}

static void run_c(const nn_bf16_conv *t, int64_t first, int64_t places)
{
    run_any(t, first, places, false);
}

static void run_split_c(const nn_bf16_conv *t, int64_t first, int64_t places)
{
    run_any(t, first, places, true);
}

static void convert_c(uint16_t *to, const float *from, int64_t plane, int blocks, int64_t step,
                      int64_t pixels)
{
    for (int64_t i = 0; i < pixels; i++, from += step)
        for (int c = 0; c < NN_BF16_BLOCK; c++)
            *to++ = c < blocks * LANES ? nn_bf16_encode(from[c / LANES * plane + c % LANES]) : 0;
}

static void split_c(uint16_t *to, int64_t low, const float *from, int64_t plane, int blocks,
                    int64_t step, int64_t pixels, const float *scale)
{
    for (int64_t i = 0; i < pixels; i++, from += step, to += NN_BF16_BLOCK)
        for (int c = 0; c < NN_BF16_BLOCK; c++) {
            const float number = c < blocks * LANES ? from[c / LANES * plane + c % LANES] : 0.0f;
            const float x = scale ? number * scale[c] : number;
            const float high = nn_bf16_decode(to[c] = nn_bf16_encode(x));
            to[low + c] = isfinite(high) ? nn_bf16_encode(x - high) : 0;
        }
}

void nn_bf16_conv_init(nn_bf16_conv_kernels *k, unsigned cpu)
{
    *k = (nn_bf16_conv_kernels){
        .run = run_c, .run_split = run_split_c, .convert = convert_c, .split = split_c};
    (void)cpu;
#ifdef NN_HAVE_AMX
    if (cpu & (NN_CPU_AVX512_BF16 | NN_CPU_AMX))
        nn_bf16_conv_init_avx512bf16(k);
    if (cpu & NN_CPU_AMX)
        nn_bf16_conv_init_amx(k);
#endif
}
