// SPDX-License-Identifier: MIT
// Element-wise kernels: the readable reference, and the choice of level.
#include "nn/kernels/eltwise.h"
#include "nn/kernels/avx2.h"
#include "nn/kernels/kernels.h"

#include <math.h>
#include <string.h>

static const float SQRT1_2 = 0.70710678118654752f;
static const float INV_SQRT_2PI = 0.39894228040143268f;

static void none_c(float *y, const float *x, int64_t n)
{
    if (n > 0 && y != x)
        memmove(y, x, (size_t)n * sizeof *y);
}

// Written so that NaN and -0 pass.
static void relu_c(float *y, const float *x, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        y[i] = x[i] < 0.0f ? 0.0f : x[i];
}

// Probability that a standard normal variable is below -|x|. Beyond 14.5 it is 0 in float32, and
// the clamp keeps infinity times zero out of the callers.
static float normal_tail(float x)
{
    const float a = fabsf(x);
    return 0.5f * erfcf((a > 14.5f ? 14.5f : a) * SQRT1_2);
}

static float clamp(float x, float low, float high)
{
    return x < low ? low : x > high ? high : x;
}

// x P(X <= x), through the tail because 1 + erf loses all digits for negative x.
static void gelu_c(float *y, const float *x, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        const float a = fabsf(x[i]);
        const float positive = x[i] < 0.0f ? 0.0f : x[i];
        y[i] = positive - (a > 14.5f ? 14.5f : a) * normal_tail(a);
    }
}

static void silu_c(float *y, const float *x, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        y[i] = x[i] / (1.0f + expf(-x[i]));
}

// tanh(log(1 + e^x)) = e (e + 2) / (e (e + 2) + 2) with e = e^x; 1 in float32 from x = 20 on.
static void mish_c(float *y, const float *x, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        const float e = expf(x[i] > 20.0f ? 20.0f : x[i]);
        const float w = e * (e + 2.0f);
        y[i] = x[i] * (w / (w + 2.0f));
    }
}

static void sigmoid_c(float *y, const float *x, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        y[i] = 1.0f / (1.0f + expf(-x[i]));
}

static void leaky_relu_c(float *y, const float *x, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        y[i] = x[i] < 0.0f ? NN_LEAKY * x[i] : x[i];
}

// x + 3 is exact where little is left of it.
static void hard_swish_c(float *y, const float *x, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        y[i] = x[i] * (clamp(x[i] + 3.0f, 0.0f, 6.0f) * (1.0f / 6));
}

static void relu6_c(float *y, const float *x, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        y[i] = clamp(x[i], 0.0f, 6.0f);
}

static void none_grad_c(float *gx, const float *gy, const float *x, int64_t n)
{
    (void)x;
    for (int64_t i = 0; i < n; i++)
        gx[i] += gy[i];
}

static void relu_grad_c(float *gx, const float *gy, const float *x, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        gx[i] += x[i] <= 0.0f ? 0.0f : gy[i];
}

static void gelu_grad_c(float *gx, const float *gy, const float *x, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        const float v = clamp(x[i], -14.5f, 14.5f), tail = normal_tail(v);
        const float below = v < 0.0f ? tail : 1.0f - tail;
        gx[i] += gy[i] * (below + v * INV_SQRT_2PI * expf(-0.5f * v * v));
    }
}

// s (1 + x (1 - s)), with s and 1 - s both exact: neither is found as a difference.
static void silu_grad_c(float *gx, const float *gy, const float *x, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        const float v = clamp(x[i], -104.0f, 104.0f), e = expf(-fabsf(v));
        const float big = 1.0f / (1.0f + e), small = e * big;
        const float s = v < 0.0f ? small : big, t = v < 0.0f ? big : small;
        gx[i] += gy[i] * (s + v * (s * t));
    }
}

// With w = e (e + 2) as above: (w (w + 2) + 4 x e (1 + e)) / (w + 2)^2.
static void mish_grad_c(float *gx, const float *gy, const float *x, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        const float v = clamp(x[i], -104.0f, 20.0f), e = expf(v);
        const float w = e * (e + 2.0f), r = 1.0f / (w + 2.0f);
        gx[i] += gy[i] * (w * r + 4.0f * v * (e * r) * ((1.0f + e) * r));
    }
}

static void sigmoid_grad_c(float *gx, const float *gy, const float *x, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        const float e = expf(-fabsf(x[i])), s = 1.0f / (1.0f + e);
        gx[i] += gy[i] * (s * (e * s));
    }
}

static void leaky_relu_grad_c(float *gx, const float *gy, const float *x, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        gx[i] += x[i] < 0.0f ? NN_LEAKY * gy[i] : gy[i];
}

static void hard_swish_grad_c(float *gx, const float *gy, const float *x, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        if (x[i] > -3.0f)
            gx[i] += gy[i] * (x[i] >= 3.0f ? 1.0f : (2.0f * x[i] + 3.0f) * (1.0f / 6));
}

static void relu6_grad_c(float *gx, const float *gy, const float *x, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        gx[i] += x[i] <= 0.0f || x[i] >= 6.0f ? 0.0f : gy[i];
}

static void add_c(float *y, const float *a, const float *b, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        y[i] = a[i] + b[i];
}

static void mul_c(float *y, const float *a, const float *b, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        y[i] = a[i] * b[i];
}

static void mul_add_c(float *y, const float *a, const float *b, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        y[i] += a[i] * b[i];
}

static void axpy_c(float *y, float alpha, const float *x, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        y[i] += alpha * x[i];
}

static void affine_c(float *y, const float *x, float scale, float shift, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        y[i] = x[i] * scale + shift;
}

static void exp_c(float *y, const float *x, float shift, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        y[i] = expf(clamp(x[i] - shift, -87.0f, 87.0f));
}

static double sum_c(const float *x, int64_t n)
{
    double s = 0.0;
    for (int64_t i = 0; i < n; i++)
        s += x[i];
    return s;
}

static double dot_c(const float *a, const float *b, int64_t n)
{
    double s = 0.0;
    for (int64_t i = 0; i < n; i++)
        s += (double)a[i] * b[i];
    return s;
}

static double sum_sq_diff_c(const float *x, float centre, int64_t n)
{
    double s = 0.0;
    for (int64_t i = 0; i < n; i++) {
        const double d = (double)x[i] - centre;
        s += d * d;
    }
    return s;
}

static float max_c(const float *x, int64_t n)
{
    float m = -INFINITY;
    for (int64_t i = 0; i < n; i++)
        m = x[i] > m ? x[i] : m;
    return m;
}

void nn_eltwise_init(nn_eltwise_kernels *k, unsigned cpu)
{
    *k = (nn_eltwise_kernels){
        .act = {none_c, relu_c, gelu_c, silu_c, mish_c, sigmoid_c, leaky_relu_c, hard_swish_c,
                relu6_c},
        .act_grad = {none_grad_c, relu_grad_c, gelu_grad_c, silu_grad_c, mish_grad_c,
                     sigmoid_grad_c, leaky_relu_grad_c, hard_swish_grad_c, relu6_grad_c},
        .add = add_c,
        .mul = mul_c,
        .mul_add = mul_add_c,
        .axpy = axpy_c,
        .exp = exp_c,
        .affine = affine_c,
        .sum = sum_c,
        .dot = dot_c,
        .sum_sq_diff = sum_sq_diff_c,
        .max = max_c,
    };
#ifdef NN_HAVE_AVX2
    if (cpu & NN_CPU_AVX2)
        nn_eltwise_init_avx2(k);
#else
    (void)cpu;
#endif
}
