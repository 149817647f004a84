// SPDX-License-Identifier: MIT
// Reference of the rows of quantised images, and the choice of faster ones.
#include "nn/kernels/int8rows.h"

#include "nn/kernels/cpu.h"

#include <math.h>
#include <string.h>

enum { BLOCK = NN_INT8_BLOCK };

static void quantise_c(uint8_t *y, const float *low, const float *high, float scale, float zero,
                       int64_t pixels)
{
    for (int64_t i = 0; i < pixels; i++)
        for (int c = 0; c < 8; c++) {
            y[i * BLOCK + c] = nn_int8_quantise(low[8 * i + c], scale, zero);
            y[i * BLOCK + 8 + c] = nn_int8_quantise(high ? high[8 * i + c] : 0, scale, zero);
        }
}

static void quantise_planes_c(uint8_t *y, const float *x, int64_t plane, int channels, float scale,
                              float zero, int64_t pixels)
{
    const uint8_t nothing = nn_int8_quantise(0, scale, zero);
    memset(y, nothing, (size_t)pixels * BLOCK);
    for (int c = 0; c < channels; c++)
        for (int64_t i = 0; i < pixels; i++)
            y[i * BLOCK + c] = nn_int8_quantise(x[c * plane + i], scale, zero);
}

static void quantise_close_c(uint8_t *y, const float *x, int64_t plane, int channels, float scale,
                             float zero, int64_t pixels)
{
    for (int c = 0; c < channels; c++)
        for (int64_t i = 0; i < pixels; i++)
            y[i * channels + c] = nn_int8_quantise(x[c * plane + i], scale, zero);
}

static void dequantise_c(float *low, float *high, const uint8_t *x, float scale, float zero,
                         int64_t pixels)
{
    for (int64_t i = 0; i < pixels; i++)
        for (int c = 0; c < 8; c++) {
            low[8 * i + c] = ((float)x[i * BLOCK + c] - zero) * scale;
            if (high)
                high[8 * i + c] = ((float)x[i * BLOCK + 8 + c] - zero) * scale;
        }
}

static void table_c(uint8_t *y, const uint8_t *x, const uint8_t table[256], int64_t bytes)
{
    for (int64_t i = 0; i < bytes; i++)
        y[i] = table[x[i]];
}

static void add_c(const nn_int8_sum *s, uint8_t *y, const uint8_t *a, const uint8_t *b,
                  int64_t bytes)
{
    const nn_int8_requant r = {.scale = &s->scale[0],
                               .shift = &s->shift,
                               .skip_scale = s->scale[1],
                               .low = s->low,
                               .high = s->high,
                               .curve = s->curve};
    for (int64_t i = 0; i < bytes; i++)
        y[i] = (uint8_t)lrintf(nn_int8_requantise(&r, 0, a[i], b + i));
}

static void affine_c(const nn_int8_requant *t, int zero, uint8_t *y, const uint8_t *x,
                     int64_t pixels)
{
    for (int64_t i = 0; i < pixels * BLOCK; i++)
        y[i] =
            (uint8_t)(t->zero + lrintf(nn_int8_requantise(t, (int)(i % BLOCK), x[i] - zero, NULL)));
}

static void multiply_c(const nn_int8_product *p, uint8_t *y, const uint8_t *a, const uint8_t *b,
                       int64_t bytes)
{
    for (int64_t i = 0; i < bytes; i++) {
        const float v = (float)((a[i] - p->zero[0]) * (b[i] - p->zero[1])) * p->scale;
        y[i] = (uint8_t)(p->out_zero + lrintf(fminf(fmaxf(v, p->low), p->high)));
    }
}

static float between(float a, float b, float weight)
{
    return fmaf(weight, b - a, a);
}

static void blend_c(const nn_int8_blend *t, uint8_t *y, const uint8_t *top, const uint8_t *bottom,
                    const nn_nchw8c_tap *columns, int64_t pixels)
{
    for (int64_t i = 0; i < pixels * BLOCK; i++) {
        const nn_nchw8c_tap *at = &columns[i / BLOCK];
        const int64_t a = (int64_t)at->a * BLOCK + i % BLOCK;
        const int64_t b = (int64_t)at->b * BLOCK + i % BLOCK;
        const float high = between(top[a], top[b], at->weight);
        const float low = between(bottom[a], bottom[b], at->weight);
        const float v = rintf((between(high, low, t->weight) - t->zero) * t->scale) + t->out_zero;
        y[i] = (uint8_t)fminf(fmaxf(v, 0), 255);
    }
}

static void max_c(const nn_int8_window *w, uint8_t *y, const uint8_t *x, int64_t pixels)
{
    for (int64_t i = 0; i < pixels * BLOCK; i++) {
        const uint8_t *from = x + i / BLOCK * w->step + i % BLOCK;
        y[i] = 0;
        for (int t = 0; t < w->height * w->width; t++) {
            const uint8_t v = from[t / w->width * w->row + t % w->width * w->tap];
            y[i] = v > y[i] ? v : y[i];
        }
    }
}

static void mean_c(const nn_int8_window *w, uint8_t *y, const uint8_t *x, float scale, float shift,
                   int64_t pixels)
{
    for (int64_t i = 0; i < pixels * BLOCK; i++) {
        const uint8_t *from = x + i / BLOCK * w->step + i % BLOCK;
        int32_t sum = 0;
        for (int t = 0; t < w->height * w->width; t++)
            sum += from[t / w->width * w->row + t % w->width * w->tap];
        y[i] = (uint8_t)lrintf(fminf(fmaxf((float)sum * scale + shift, 0), 255));
    }
}

static void depthwise_c(const nn_int8_depthwise *d, uint8_t *y, const uint8_t *x,
                        const uint8_t *skip, int64_t pixels)
{
    const nn_int8_window *w = &d->window;
    for (int64_t i = 0; i < pixels * BLOCK; i++) {
        const int c = (int)(i % BLOCK);
        const uint8_t *from = x + i / BLOCK * w->step + c;
        uint32_t sum = (uint32_t)d->start[c];
        for (int t = 0; t < w->height * w->width; t++)
            sum += (uint32_t)(from[t / w->width * w->row + t % w->width * w->tap] *
                              d->weight[t * BLOCK + c]);
        y[i] = (uint8_t)(d->requant.zero + lrintf(nn_int8_requantise(&d->requant, c, (int32_t)sum,
                                                                     skip ? skip + i : NULL)));
    }
}

void nn_int8_rows_init(nn_int8_row_kernels *k, unsigned cpu)
{
    *k = (nn_int8_row_kernels){.quantise = quantise_c,
                               .quantise_planes = quantise_planes_c,
                               .quantise_close = quantise_close_c,
                               .dequantise = dequantise_c,
                               .table = table_c,
                               .add = add_c,
                               .affine = affine_c,
                               .multiply = multiply_c,
                               .blend = blend_c,
                               .max = max_c,
                               .mean = mean_c,
                               .depthwise = depthwise_c};
    (void)cpu;
#ifdef NN_HAVE_AVX2
    if (cpu & NN_CPU_AVX2)
        nn_int8_rows_init_avx2(k);
#endif
#ifdef NN_HAVE_AVX512
    if (cpu & NN_CPU_AVX512)
        nn_int8_rows_init_avx512(k);
#endif
}
