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
    return fmaf(t, fmaf(t, fmaf(t, curve->d[i], curve->c[i]), curve->b[i]), curve->a[i]);
}

float nn_int8_requantise(const nn_int8_requant *r, int channel, int32_t sum, const uint8_t *skip)
{
    float y = fmaf((float)sum, r->scale[channel], r->shift[channel]);
    if (skip)
        y = fmaf((float)*skip, r->skip_scale, y);
    if (r->curve)
        y = follow(r->curve, y);
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

// The cubic through four points of a piece, by divided differences (Newton).
static void fit_piece(nn_int8_curve *curve, int i, const float y[4], const double at[4],
                      double scale, double zero)
{
    double d[4], p[4] = {0};
    for (int k = 0; k < 4; k++)
        d[k] = (double)y[k];
    for (int order = 1; order < 4; order++)
        for (int k = 3; k >= order; k--)
            d[k] = (d[k] - d[k - 1]) / (at[k] - at[k - order]);
    for (int k = 3; k >= 0; k--) { // p = p (t - at[k]) + d[k]
        for (int power = 3; power > 0; power--)
            p[power] = p[power - 1] - at[k] * p[power];
        p[0] = d[k] - at[k] * p[0];
    }
    curve->a[i] = (float)(p[0] * scale + zero);
    curve->b[i] = (float)(p[1] * scale);
    curve->c[i] = (float)(p[2] * scale);
    curve->d[i] = (float)(p[3] * scale);
}

// Pieces 1 to the last but one are cubics; the outer two are lines to far away.
void nn_int8_make_curve(nn_int8_curve *curve, nn_act act, float out_scale, float out_zero)
{
    enum { LAST = NN_INT8_PIECES - 1, FAR = 64, POINTS = 4 * NN_INT8_PIECES };
    static const double at[4] = {0.03806023374, 0.30865828382, 0.69134171618, 0.96193976626};
    const float end = 0.5f * (NN_INT8_CURVE_ZERO - 1), wide = 2 * (FAR - end); // in pieces
    nn_eltwise_kernels eltwise;
    float x[POINTS], y[POINTS];
    nn_eltwise_init(&eltwise, 0);
    for (int i = 0; i < POINTS; i++)
        x[i] = (float)(0.5 * (i / 4 - NN_INT8_CURVE_ZERO + at[i % 4]));
    x[0] = -FAR;
    x[1] = -end;
    x[POINTS - 2] = end;
    x[POINTS - 1] = FAR;
    memcpy(y, x, sizeof y);
    if (act != NN_ACT_NONE)
        eltwise.act[act](y, x, POINTS);
    for (int i = 1; i < LAST; i++)
        fit_piece(curve, i, y + 4 * i, at, (double)out_scale, (double)out_zero);
    curve->b[0] = (y[1] - y[0]) / wide * out_scale;
    curve->a[0] = y[1] * out_scale + out_zero - curve->b[0];
    curve->b[LAST] = (y[POINTS - 1] - y[POINTS - 2]) / wide * out_scale;
    curve->a[LAST] = y[POINTS - 2] * out_scale + out_zero;
    curve->c[0] = curve->d[0] = curve->c[LAST] = curve->d[LAST] = 0;
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
}
