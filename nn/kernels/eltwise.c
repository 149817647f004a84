// SPDX-License-Identifier: MIT
// Element-wise kernels: the readable reference, and the choice of level.
#include "nn/kernels/eltwise.h"
#include "nn/kernels/cpu.h"

#include <math.h>
#include <string.h>

static const float SQRT1_2 = 0.70710678118654752f;
static const float INV_SQRT_2PI = 0.39894228040143268f;

static void none_c(float *y, const float *x, int64_t n)
{
    if (n > 0 && y != x)
        memmove(y, x, (size_t)n * sizeof *y);
}

static void none_grad_c(float *gx, const float *gy, const float *x, int64_t n)
{
    (void)x;
    for (int64_t i = 0; i < n; i++)
        gx[i] += gy[i];
}

// --- the functions behind the rows of activations; NaN and -0 pass ---

static float clamp(float x, float low, float high)
{
    return x < low ? low : x > high ? high : x;
}

// Probability that a standard normal variable is below -|x|. Beyond 14.5 it is 0 in float32, and
// the clamp keeps infinity times zero out of the callers.
static float normal_tail(float x)
{
    const float a = fabsf(x);
    return 0.5f * erfcf((a > 14.5f ? 14.5f : a) * SQRT1_2);
}

// x P(X <= x), through the tail because 1 + erf loses all digits for negative x.
static float gelu(float x)
{
    const float a = fabsf(x);
    const float positive = x < 0.0f ? 0.0f : x;
    return positive - (a > 14.5f ? 14.5f : a) * normal_tail(a);
}

static float gelu_slope(float x)
{
    const float v = clamp(x, -14.5f, 14.5f), tail = normal_tail(v);
    const float below = v < 0.0f ? tail : 1.0f - tail;
    return below + v * INV_SQRT_2PI * expf(-0.5f * v * v);
}

// s (1 + x (1 - s)), with s and 1 - s both exact: neither is found as a difference.
static float silu_slope(float x)
{
    const float v = clamp(x, -104.0f, 104.0f), e = expf(-fabsf(v));
    const float big = 1.0f / (1.0f + e), small = e * big;
    const float s = v < 0.0f ? small : big, t = v < 0.0f ? big : small;
    return s + v * (s * t);
}

// x tanh(log(1 + e^x)), tanh = e (e + 2) / (e (e + 2) + 2) with e = e^x; 1 in float32 from x = 20.
static float mish(float x)
{
    const float e = expf(x > 20.0f ? 20.0f : x);
    const float w = e * (e + 2.0f);
    return x * (w / (w + 2.0f));
}

// With w = e (e + 2) as above: (w (w + 2) + 4 x e (1 + e)) / (w + 2)^2.
static float mish_slope(float x)
{
    const float v = clamp(x, -104.0f, 20.0f), e = expf(v);
    const float w = e * (e + 2.0f), r = 1.0f / (w + 2.0f);
    return w * r + 4.0f * v * (e * r) * ((1.0f + e) * r);
}

static float sigmoid_slope(float x)
{
    const float e = expf(-fabsf(x)), s = 1.0f / (1.0f + e);
    return s * (e * s);
}

static float hard_swish_slope(float x)
{
    return x >= 3.0f ? 1.0f : (2.0f * x + 3.0f) * (1.0f / 6);
}

#define ROW(word, WORD, f, gradient, ...)                                                          \
    static void word##_c(float *y, const float *in, int64_t n)                                     \
    {                                                                                              \
        for (int64_t i = 0; i < n; i++) {                                                          \
            const float x = in[i];                                                                 \
            y[i] = (f);                                                                            \
        }                                                                                          \
    }                                                                                              \
    static void word##_grad_c(float *gx, const float *gy, const float *in, int64_t n)              \
    {                                                                                              \
        for (int64_t i = 0; i < n; i++) {                                                          \
            const float x = in[i], g = gy[i];                                                      \
            gx[i] += (gradient);                                                                   \
        }                                                                                          \
    }
NN_ACT_OPS(ROW)
NN_ACT_FUNCTIONS(ROW)
#undef ROW

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
#define ROW(word, WORD, ...) [NN_ACT_##WORD] = word##_c,
        .act = {none_c, NN_ACT_OPS(ROW) NN_ACT_FUNCTIONS(ROW)},
#undef ROW
#define ROW(word, WORD, ...) [NN_ACT_##WORD] = word##_grad_c,
        .act_grad = {none_grad_c, NN_ACT_OPS(ROW) NN_ACT_FUNCTIONS(ROW)},
#undef ROW
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
    (void)cpu;
#ifdef NN_HAVE_AVX2
    if (cpu & NN_CPU_AVX2)
        nn_eltwise_init_avx2(k);
#endif
#ifdef NN_HAVE_AVX512
    if (cpu & NN_CPU_AVX512)
        nn_eltwise_init_avx512(k);
#endif
#ifdef NN_HAVE_NEON
    if (cpu & NN_CPU_NEON)
        nn_eltwise_init_neon(k);
#endif
}
