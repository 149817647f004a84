// SPDX-License-Identifier: MIT
// Rows for a screen: the readable reference, and the choice of the level.
#include "nn/kernels/scale.h"

#include "nn/kernels/cpu.h"

static void blend_c(uint8_t *out, const uint8_t *a, const uint8_t *b, int weight, int n)
{
    const int rest = NN_SCALE_ONE - weight;
    for (int i = 0; i < n; i++)
        out[i] = (uint8_t)((a[i] * rest + b[i] * weight + NN_SCALE_ONE / 2) / NN_SCALE_ONE);
}

static void halve_c(uint8_t *out, const uint8_t *a, const uint8_t *b, int n)
{
    for (int i = 0; i < n; i++)
        out[i] = (uint8_t)((a[2 * i] + a[2 * i + 1] + b[2 * i] + b[2 * i + 1] + 2) / 4);
}

static void pick_c(uint8_t *out, const uint8_t *row, int step, int n)
{
    for (int i = 0; i < n; i++)
        out[i] = row[(int64_t)i * step];
}

static void across_c(int16_t *out, const uint8_t *row, const nn_scale_group *group, int count)
{
    for (int g = 0; g < count; g++, group++, out += NN_SCALE_GROUP) {
        const uint8_t *in = row + group->at, *pair = group->pair, *weight = group->weight;
        for (int i = 0; i < NN_SCALE_GROUP; i++)
            out[i] = (int16_t)(in[pair[2 * i]] * weight[2 * i] +
                               in[pair[2 * i + 1]] * weight[2 * i + 1] - 128 * NN_SCALE_ONE);
    }
}

static int multiply(int16_t x, int16_t factor) // in 1/32768, rounded
{
    return (x * factor + (1 << 14)) >> 15;
}

static uint8_t clamp_level(int level)
{
    return (uint8_t)(level < 0 ? 0 : level > 255 ? 255 : level);
}

static void store(uint8_t *pixel, int r, int g, int b)
{
    pixel[0] = clamp_level(b);
    pixel[1] = clamp_level(g);
    pixel[2] = clamp_level(r);
    pixel[3] = 255;
}

static void yuv_to_bgrx_c(uint8_t *out, const int16_t *y, const int16_t *u, const int16_t *v, int n,
                          const nn_scale_colour *c)
{
    for (int i = 0; i < n; i++) {
        const int luma = multiply(y[i], c->luma) + c->offset;
        store(out + 4 * (int64_t)i, (luma + multiply(v[i], c->red_v)) >> 5,
              (luma + multiply(u[i], c->green_u) + multiply(v[i], c->green_v)) >> 5,
              (luma + multiply(u[i], c->blue_u)) >> 5);
    }
}

static int level_of(int16_t x)
{
    return (x + 128 * NN_SCALE_ONE + NN_SCALE_ONE / 2) / NN_SCALE_ONE;
}

static void rgb_to_bgrx_c(uint8_t *out, const int16_t *r, const int16_t *g, const int16_t *b, int n)
{
    for (int i = 0; i < n; i++)
        store(out + 4 * (int64_t)i, level_of(r[i]), level_of(g[i]), level_of(b[i]));
}

void nn_scale_init(nn_scale_kernels *k, unsigned cpu)
{
    *k = (nn_scale_kernels){.blend = blend_c,
                            .halve = halve_c,
                            .pick = pick_c,
                            .across = across_c,
                            .yuv_to_bgrx = yuv_to_bgrx_c,
                            .rgb_to_bgrx = rgb_to_bgrx_c};
#ifdef NN_HAVE_AVX2
    if (cpu & NN_CPU_AVX2)
        nn_scale_init_avx2(k);
#endif
    (void)cpu;
}
