// SPDX-License-Identifier: MIT
// Reference of quantised convolution, and the choice of a faster one.
#include "nn/kernels/int8conv.h"

#include "nn/kernels/cpu.h"

#include <math.h>
#include <string.h>

static float follow(const nn_int8_curve *curve, float y)
{
    const float piece = fminf(fmaxf(floorf(y), 0), NN_INT8_PIECES - 1), t = y - piece;
    const int i = (int)piece;
    const float d = fmaf(t, curve->e[i], curve->d[i]);
    return fmaf(t, fmaf(t, fmaf(t, d, curve->c[i]), curve->b[i]), curve->a[i]);
}

float nn_int8_requantise(const nn_int8_requant *r, int channel, int32_t sum, const uint8_t *skip)
{
    float y = fmaf((float)sum, r->scale[channel], r->shift[channel]);
    if (skip)
        y = fmaf((float)*skip, r->skip_scale, y);
    if (r->curve)
        y = follow(r->curve, y);
    else if (r->slope > 0)
        y = fmaxf(y, y * r->slope);
    return fminf(fmaxf(y, r->low), r->high);
}

// Sums wrap around like those of the instructions.
static void sum_pixel(const nn_int8_conv *t, const int8_t *weight, const uint8_t *x,
                      uint32_t sum[NN_INT8_BLOCK])
{
    for (int s = 0; s < t->stretches; s++)
        for (int q = 0; q < t->quads; q++, weight += 4 * NN_INT8_BLOCK)
            for (int c = 0; c < NN_INT8_BLOCK; c++)
                for (int i = 0; i < 4; i++)
                    sum[c] += (uint32_t)(x[t->offset[s] + 4 * q + i] * weight[4 * c + i]);
}

static void store(const nn_int8_conv *t, int panel, const uint32_t *sum, uint8_t *out,
                  const uint8_t *skip, int64_t pixel)
{
    for (int c = 0; c < NN_INT8_BLOCK; c++) {
        const int channel = panel * NN_INT8_BLOCK + c, block = channel / 8;
        const int64_t at = pixel * NN_INT8_BLOCK + c;
        const float y = nn_int8_requantise(&t->requant, channel, (int32_t)sum[c],
                                           skip ? skip + panel * t->skip_plane + at : NULL);
        if (!t->real)
            out[panel * t->out_plane + at] = (uint8_t)(lrintf(y) + t->requant.zero);
        else if (block * 8 < t->channels)
            t->real[block * t->real_plane + pixel * 8 + channel % 8] = y;
    }
}

static void run_c(const nn_int8_conv *t, const uint8_t *x, uint8_t *out, const uint8_t *skip,
                  int64_t pixels)
{
    const int64_t panel_bytes = (int64_t)t->stretches * t->quads * 4 * NN_INT8_BLOCK;
    for (int panel = 0; panel < t->panels; panel++)
        for (int64_t i = 0; i < pixels; i++) {
            uint32_t sum[NN_INT8_BLOCK];
            memcpy(sum, t->start + panel * NN_INT8_BLOCK, sizeof sum);
            sum_pixel(t, (const int8_t *)t->weight + panel * panel_bytes, x + i * t->step, sum);
            store(t, panel, sum, out, skip, i);
        }
}

static void pack_c(void *packed, const int8_t *weight, int64_t quads)
{
    memcpy(packed, weight, (size_t)quads * 4 * NN_INT8_BLOCK);
}

enum { POINTS = 5 }; // of a piece

// The polynomial through the points of a piece, by divided differences (Newton).
static void fit_piece(nn_int8_curve *curve, int i, const float *y, const double *at, double scale,
                      double zero)
{
    double d[POINTS], p[POINTS] = {0};
    for (int k = 0; k < POINTS; k++)
        d[k] = (double)y[k];
    for (int order = 1; order < POINTS; order++)
        for (int k = POINTS - 1; k >= order; k--)
            d[k] = (d[k] - d[k - 1]) / (at[k] - at[k - order]);
    for (int k = POINTS - 1; k >= 0; k--) { // p = p (t - at[k]) + d[k]
        for (int power = POINTS - 1; power > 0; power--)
            p[power] = p[power - 1] - at[k] * p[power];
        p[0] = d[k] - at[k] * p[0];
    }
    curve->a[i] = (float)(p[0] * scale + zero);
    curve->b[i] = (float)(p[1] * scale);
    curve->c[i] = (float)(p[2] * scale);
    curve->d[i] = (float)(p[3] * scale);
    curve->e[i] = (float)(p[4] * scale);
}

// Pieces 1 to the last but one are quartics; the outer two are lines to far away.
void nn_int8_make_curve(nn_int8_curve *curve, nn_act act, float out_scale, float out_zero)
{
    enum { LAST = NN_INT8_PIECES - 1, FAR = 64, ALL = POINTS * NN_INT8_PIECES };
    static const double at[POINTS] = {0.02447174185, 0.20610737385, 0.5, 0.79389262615,
                                      0.97552825815};
    const float end = 0.5f * (NN_INT8_CURVE_ZERO - 1), wide = 2 * (FAR - end); // in pieces
    nn_eltwise_kernels eltwise;
    float x[ALL], y[ALL];
    nn_eltwise_init(&eltwise, 0);
    for (int i = 0; i < ALL; i++)
        x[i] = (float)(0.5 * (i / POINTS - NN_INT8_CURVE_ZERO + at[i % POINTS]));
    x[0] = -FAR;
    x[1] = -end;
    x[ALL - 2] = end;
    x[ALL - 1] = FAR;
    memcpy(y, x, sizeof y);
    if (act != NN_ACT_NONE)
        eltwise.act[act](y, x, ALL);
    for (int i = 1; i < LAST; i++)
        fit_piece(curve, i, y + POINTS * i, at, (double)out_scale, (double)out_zero);
    curve->b[0] = (y[1] - y[0]) / wide * out_scale;
    curve->a[0] = y[1] * out_scale + out_zero - curve->b[0];
    curve->b[LAST] = (y[ALL - 1] - y[ALL - 2]) / wide * out_scale;
    curve->a[LAST] = y[ALL - 2] * out_scale + out_zero;
    curve->c[0] = curve->d[0] = curve->e[0] = 0;
    curve->c[LAST] = curve->d[LAST] = curve->e[LAST] = 0;
    for (int i = 0; i <= LAST; i++) {
        const float piece[8] = {curve->a[i], curve->b[i], curve->c[i], curve->d[i], curve->e[i]};
        memcpy(curve->piece[i], piece, sizeof piece);
    }
}

void nn_int8_conv_init(nn_int8_conv_kernels *k, unsigned cpu)
{
    *k = (nn_int8_conv_kernels){.run = run_c,
                                .pack = pack_c,
                                .weight_bytes = 1,
                                .pixels = 1,
                                .panels = 4,
                                .speed = 0.9,
                                .finish = 10,
                                .follow = 25};
    (void)cpu;
#ifdef NN_HAVE_AVX2
    if (cpu & NN_CPU_AVX2)
        nn_int8_conv_init_avx2(k);
#endif
#ifdef NN_HAVE_VNNI
    if (cpu & NN_CPU_AVX_VNNI)
        nn_int8_conv_init_avxvnni(k);
    if (cpu & NN_CPU_AVX512_VNNI)
        nn_int8_conv_init_avx512vnni(k);
#endif
#ifdef NN_HAVE_AMX
    if (cpu & NN_CPU_AMX)
        nn_int8_conv_init_amx(k);
#endif
#ifdef NN_HAVE_NEON
    if (cpu & NN_CPU_NEON)
        nn_int8_conv_init_neon(k);
    if (cpu & NN_CPU_DOTPROD)
        nn_int8_conv_init_dotprod(k);
#endif
}
