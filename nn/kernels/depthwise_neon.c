// SPDX-License-Identifier: MIT
// Depthwise convolution with NEON: up to eight output pixels of eight channels in registers.
#include "nn/kernels/depthwise.h"
#include "nn/kernels/vmath_neon.h"

enum { LANES = 8, PIXELS = 8 };

// `pixels` is a constant where this is expanded. Each tap loads its weights once.
NN_INLINE void sum_pixels(const nn_depthwise *d, float *y, const float *x, int64_t at, int pixels)
{
    float32x4_t sum[2 * PIXELS];
    const float *w = d->weight;
    NN_UNROLL(8)
    for (int i = 0; i < pixels; i++) {
        sum[2 * i] = vld1q_f32(d->bias);
        sum[2 * i + 1] = vld1q_f32(d->bias + 4);
    }
    for (int ky = 0; ky < d->height; ky++, x += d->row) {
        const float *tap = x;
        for (int kx = 0; kx < d->width; kx++, w += LANES, tap += d->tap) {
            const float32x4_t low = vld1q_f32(w), high = vld1q_f32(w + 4);
            NN_UNROLL(8)
            for (int i = 0; i < pixels; i++) {
                sum[2 * i] = vfmaq_f32(sum[2 * i], vld1q_f32(tap + i * d->step), low);
                sum[2 * i + 1] = vfmaq_f32(sum[2 * i + 1], vld1q_f32(tap + i * d->step + 4), high);
            }
        }
    }
    if (d->skip) {
        NN_UNROLL(16)
        for (int i = 0; i < 2 * pixels; i++)
            sum[i] = vaddq_f32(sum[i], vld1q_f32(d->skip + at * LANES + 4 * i));
    }
    act_vectors(d->act, sum, 2 * pixels);
    NN_UNROLL(16)
    for (int i = 0; i < 2 * pixels; i++)
        vst1q_f32(y + at * LANES + 4 * i, sum[i]);
}

static void run_neon(const nn_depthwise *d, float *y, const float *x, int64_t n)
{
    int64_t at = 0;
    for (; at + PIXELS <= n; at += PIXELS)
        sum_pixels(d, y, x + at * d->step, at, PIXELS);
    if (n - at >= 4) {
        sum_pixels(d, y, x + at * d->step, at, 4);
        at += 4;
    }
    if (n - at >= 2) {
        sum_pixels(d, y, x + at * d->step, at, 2);
        at += 2;
    }
    if (at < n)
        sum_pixels(d, y, x + at * d->step, at, 1);
}

void nn_depthwise_init_neon(nn_depthwise_kernels *k)
{
    k->run = run_neon;
}
