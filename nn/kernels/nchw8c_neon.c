// SPDX-License-Identifier: MIT
// Kernels on blocked rows for NEON: a pixel is two registers. Sums and maxima over channels,
// response normalisation and moves of lanes stay with the reference.
#include "nn/kernels/nchw8c.h"
#include "nn/kernels/vec8.h"
#include "nn/kernels/vmath_neon.h"

#include <math.h>

enum { LANES = 8 };

NN_INLINE vec8 mul(vec8 a, vec8 b)
{
    return (vec8){vmulq_f32(a.low, b.low), vmulq_f32(a.high, b.high)};
}

NN_INLINE vec8 max(vec8 a, vec8 b) // NaN where one is
{
    return (vec8){vmaxq_f32(a.low, b.low), vmaxq_f32(a.high, b.high)};
}

static void pack_neon(float *y, const float *x, int64_t stride, int channels, int64_t n)
{
    int64_t i = 0;
    for (; i + 4 <= n; i += 4)
        for (int part = 0; part < LANES; part += 4) {
            float32x4_t r[4];
            for (int c = 0; c < 4; c++)
                r[c] =
                    part + c < channels ? vld1q_f32(x + (part + c) * stride + i) : vdupq_n_f32(0);
            transpose_neon(r);
            for (int p = 0; p < 4; p++)
                vst1q_f32(y + LANES * (i + p) + part, r[p]);
        }
    for (; i < n; i++)
        for (int c = 0; c < LANES; c++)
            y[LANES * i + c] = c < channels ? x[c * stride + i] : 0.0f;
}

static void unpack_neon(float *y, int64_t stride, const float *x, int channels, int64_t n)
{
    int64_t i = 0;
    for (; i + 4 <= n; i += 4)
        for (int part = 0; part < channels; part += 4) {
            float32x4_t r[4];
            for (int p = 0; p < 4; p++)
                r[p] = vld1q_f32(x + LANES * (i + p) + part);
            transpose_neon(r);
            for (int c = 0; c < 4 && part + c < channels; c++)
                vst1q_f32(y + (part + c) * stride + i, r[c]);
        }
    for (; i < n; i++)
        for (int c = 0; c < channels; c++)
            y[c * stride + i] = x[LANES * i + c];
}

static void affine_neon(float *y, const float *x, const float *scale, const float *shift, bool relu,
                        int64_t n)
{
    const vec8 a = vec8_load(scale), b = vec8_load(shift);
    for (int64_t i = 0; i < LANES * n; i += LANES) {
        const vec8 v = vec8_fma(vec8_load(x + i), a, b);
        vec8_store(y + i, relu ? vec8_relu(v) : v);
    }
}

static void add_pixels_neon(float *y, const float *x, const float *m, int64_t step, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        vec8_store(y + LANES * i, vec8_add(vec8_load(x + LANES * i), vec8_set(m[i * step])));
}

static void mul_pixels_neon(float *y, const float *x, const float *m, int64_t step, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        vec8_store(y + LANES * i, mul(vec8_load(x + LANES * i), vec8_set(m[i * step])));
}

static void window_max_neon(float *y, const float *x, const nn_nchw8c_window *w, int64_t n)
{
    for (int64_t i = 0; i < n; i++, x += w->step) {
        vec8 most = vec8_set(-INFINITY);
        for (int64_t ky = 0; ky < w->height; ky++)
            for (int64_t kx = 0; kx < w->width; kx++)
                most = max(most, vec8_load(x + ky * w->row + kx * LANES));
        vec8_store(y + LANES * i, most);
    }
}

// Sums row by row, so that large windows lose few digits.
static void window_sum_neon(float *y, const float *x, const nn_nchw8c_window *w, float scale,
                            int64_t n)
{
    for (int64_t i = 0; i < n; i++, x += w->step) {
        vec8 sum = vec8_set(0.0f);
        for (int64_t ky = 0; ky < w->height; ky++) {
            const float *r = x + ky * w->row;
            vec8 s[4] = {vec8_set(0.0f), vec8_set(0.0f), vec8_set(0.0f), vec8_set(0.0f)};
            int64_t kx = 0;
            for (; kx + 4 <= w->width; kx += 4)
                for (int j = 0; j < 4; j++)
                    s[j] = vec8_add(s[j], vec8_load(r + (kx + j) * LANES));
            for (; kx < w->width; kx++)
                s[0] = vec8_add(s[0], vec8_load(r + kx * LANES));
            sum = vec8_add(sum, vec8_add(vec8_add(s[0], s[1]), vec8_add(s[2], s[3])));
        }
        vec8_store(y + LANES * i, mul(sum, vec8_set(scale)));
    }
}

NN_INLINE vec8 mix(vec8 a, vec8 b, float weight)
{
    return vec8_fma(vec8_set(weight), b, mul(vec8_set(1.0f - weight), a));
}

static void lerp_neon(float *y, const float *top, const float *bottom, const nn_nchw8c_tap *taps,
                      float weight, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        const int64_t a = (int64_t)LANES * taps[i].a, b = (int64_t)LANES * taps[i].b;
        const vec8 upper = mix(vec8_load(top + a), vec8_load(top + b), taps[i].weight);
        const vec8 lower = mix(vec8_load(bottom + a), vec8_load(bottom + b), taps[i].weight);
        vec8_store(y + LANES * i, mix(upper, lower, weight));
    }
}

void nn_nchw8c_init_neon(nn_nchw8c_kernels *k)
{
    k->pack = pack_neon;
    k->unpack = unpack_neon;
    k->affine = affine_neon;
    k->add_pixels = add_pixels_neon;
    k->mul_pixels = mul_pixels_neon;
    k->window_max = window_max_neon;
    k->window_sum = window_sum_neon;
    k->lerp = lerp_neon;
}
