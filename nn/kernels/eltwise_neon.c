// SPDX-License-Identifier: MIT
// Element-wise kernels for NEON, four floats at a time. Gradients stay with the reference.
#include "nn/kernels/vmath_neon.h"

#include <math.h>
#include <string.h>

typedef float32x4_t unary(float32x4_t x);
typedef float32x4_t binary(float32x4_t a, float32x4_t b);

// Exponents and tails are clamped here; smaller results are below 1e-33. See exp_neon.
static const float EXP_END = 87.0f, TAIL_END = 12.5f;

enum { LANES = 4 };

NN_INLINE float32x4_t load_part(const float *x, int64_t n) // n < LANES
{
    float part[LANES] = {0};
    memcpy(part, x, (size_t)n * sizeof *part);
    return vld1q_f32(part);
}

NN_INLINE void store_part(float *y, float32x4_t v, int64_t n)
{
    float part[LANES];
    vst1q_f32(part, v);
    memcpy(y, part, (size_t)n * sizeof *part);
}

// y = f(x). Inlined with a constant f, so that f is inlined too.
NN_INLINE void map(float *y, const float *x, int64_t n, unary *f)
{
    int64_t i = 0;
    for (; i + LANES <= n; i += LANES)
        vst1q_f32(y + i, f(vld1q_f32(x + i)));
    if (i < n)
        store_part(y + i, f(load_part(x + i, n - i)), n - i);
}

// y = f(a, b)
NN_INLINE void map2(float *y, const float *a, const float *b, int64_t n, binary *f)
{
    int64_t i = 0;
    for (; i + LANES <= n; i += LANES)
        vst1q_f32(y + i, f(vld1q_f32(a + i), vld1q_f32(b + i)));
    if (i < n)
        store_part(y + i, f(load_part(a + i, n - i), load_part(b + i, n - i)), n - i);
}

static inline float32x4_t gelu_f(float32x4_t x)
{
    const float32x4_t a = vminq_f32(vdupq_n_f32(TAIL_END), vabsq_f32(x));
    return vfmsq_f32(relu_neon(x), a, normal_tail_neon(a, gauss_neon(a)));
}

static inline float32x4_t silu_f(float32x4_t x)
{
    x = vmaxq_f32(vdupq_n_f32(-EXP_END), x);
    const float32x4_t e = exp_neon(vnegq_f32(vminq_f32(vdupq_n_f32(EXP_END), x)));
    return vdivq_f32(x, vaddq_f32(e, vdupq_n_f32(1.0f)));
}

static inline float32x4_t mish_f(float32x4_t x)
{
    const float32x4_t two = vdupq_n_f32(2.0f);
    x = vmaxq_f32(vdupq_n_f32(-EXP_END), x);
    const float32x4_t e = exp_neon(vminq_f32(vdupq_n_f32(20.0f), x));
    const float32x4_t w = vmulq_f32(e, vaddq_f32(e, two));
    return vmulq_f32(x, vdivq_f32(w, vaddq_f32(w, two)));
}

static inline float32x4_t sigmoid_f(float32x4_t x)
{
    const float32x4_t one = vdupq_n_f32(1.0f),
                      e = exp_neon(vnegq_f32(clamp_neon(x, -EXP_END, EXP_END)));
    return vdivq_f32(one, vaddq_f32(e, one));
}

#define ACT(word, f)                                                                               \
    static void word##_neon_row(float *y, const float *x, int64_t n)                               \
    {                                                                                              \
        map(y, x, n, f);                                                                           \
    }
ACT(relu, relu_neon)
ACT(gelu, gelu_f)
ACT(silu, silu_f)
ACT(mish, mish_f)
ACT(sigmoid, sigmoid_f)
#define LEAK(ROW, word, WORD, slope)                                                               \
    static inline float32x4_t word##_f(float32x4_t x)                                              \
    {                                                                                              \
        return leaky_relu_neon(x, slope);                                                          \
    }                                                                                              \
    ACT(word, word##_f)
NN_LEAKY_RELUS(LEAK, )
#undef LEAK
ACT(hard_swish, hard_swish_neon)
ACT(relu6, relu6_neon)

static inline float32x4_t add_f(float32x4_t a, float32x4_t b)
{
    return vaddq_f32(a, b);
}

static inline float32x4_t mul_f(float32x4_t a, float32x4_t b)
{
    return vmulq_f32(a, b);
}

static void add_neon(float *y, const float *a, const float *b, int64_t n)
{
    map2(y, a, b, n, add_f);
}

static void mul_neon(float *y, const float *a, const float *b, int64_t n)
{
    map2(y, a, b, n, mul_f);
}

static void mul_add_neon(float *y, const float *a, const float *b, int64_t n)
{
    int64_t i = 0;
    for (; i + LANES <= n; i += LANES)
        vst1q_f32(y + i, vfmaq_f32(vld1q_f32(y + i), vld1q_f32(a + i), vld1q_f32(b + i)));
    for (; i < n; i++)
        y[i] = fmaf(a[i], b[i], y[i]);
}

static void axpy_neon(float *y, float alpha, const float *x, int64_t n)
{
    int64_t i = 0;
    for (; i + LANES <= n; i += LANES)
        vst1q_f32(y + i, vfmaq_n_f32(vld1q_f32(y + i), vld1q_f32(x + i), alpha));
    for (; i < n; i++)
        y[i] = fmaf(alpha, x[i], y[i]);
}

static void affine_neon(float *y, const float *x, float scale, float shift, int64_t n)
{
    const float32x4_t b = vdupq_n_f32(shift);
    int64_t i = 0;
    for (; i + LANES <= n; i += LANES)
        vst1q_f32(y + i, vfmaq_n_f32(b, vld1q_f32(x + i), scale));
    for (; i < n; i++)
        y[i] = fmaf(x[i], scale, shift);
}

static void exp_shifted_neon(float *y, const float *x, float shift, int64_t n)
{
    const float32x4_t by = vdupq_n_f32(shift);
    int64_t i = 0;
    for (; i + LANES <= n; i += LANES)
        vst1q_f32(y + i, exp_neon(clamp_neon(vsubq_f32(vld1q_f32(x + i), by), -EXP_END, EXP_END)));
    if (i < n) {
        const float32x4_t v = vsubq_f32(load_part(x + i, n - i), by);
        store_part(y + i, exp_neon(clamp_neon(v, -EXP_END, EXP_END)), n - i);
    }
}

typedef float64x2_t pair_sum(float64x2_t sum, float64x2_t a, float64x2_t b);

// The sum of f over pairs of (a, b), in float64, four partial sums.
NN_INLINE double reduce(const float *a, const float *b, int64_t n, pair_sum *f)
{
    float64x2_t s[4] = {vdupq_n_f64(0), vdupq_n_f64(0), vdupq_n_f64(0), vdupq_n_f64(0)};
    int64_t i = 0;
    for (; i + 8 <= n; i += 8)
        for (int j = 0; j < 2; j++) {
            const float32x4_t x = vld1q_f32(a + i + 4 * j), y = vld1q_f32(b + i + 4 * j);
            s[2 * j] = f(s[2 * j], vcvt_f64_f32(vget_low_f32(x)), vcvt_f64_f32(vget_low_f32(y)));
            s[2 * j + 1] = f(s[2 * j + 1], vcvt_high_f64_f32(x), vcvt_high_f64_f32(y));
        }
    for (; i < n; i++) // the second lane adds f(0, 0), which is 0 in all uses
        s[0] = f(s[0], vsetq_lane_f64((double)a[i], vdupq_n_f64(0), 0),
                 vsetq_lane_f64((double)b[i], vdupq_n_f64(0), 0));
    return vaddvq_f64(vaddq_f64(vaddq_f64(s[0], s[1]), vaddq_f64(s[2], s[3])));
}

static inline float64x2_t sum_pair(float64x2_t sum, float64x2_t a, float64x2_t b)
{
    (void)b;
    return vaddq_f64(sum, a);
}

static inline float64x2_t dot_pair(float64x2_t sum, float64x2_t a, float64x2_t b)
{
    return vfmaq_f64(sum, a, b);
}

static double sum_neon(const float *x, int64_t n)
{
    return reduce(x, x, n, sum_pair);
}

static double dot_neon(const float *a, const float *b, int64_t n)
{
    return reduce(a, b, n, dot_pair);
}

static double sum_sq_diff_neon(const float *x, float centre, int64_t n)
{
    const float64x2_t c = vdupq_n_f64((double)centre);
    float64x2_t s[2] = {vdupq_n_f64(0), vdupq_n_f64(0)};
    int64_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        const float32x4_t v = vld1q_f32(x + i);
        const float64x2_t low = vsubq_f64(vcvt_f64_f32(vget_low_f32(v)), c);
        const float64x2_t high = vsubq_f64(vcvt_high_f64_f32(v), c);
        s[0] = vfmaq_f64(s[0], low, low);
        s[1] = vfmaq_f64(s[1], high, high);
    }
    double r = vaddvq_f64(vaddq_f64(s[0], s[1]));
    for (; i < n; i++)
        r += ((double)x[i] - (double)centre) * ((double)x[i] - (double)centre);
    return r;
}

static float max_neon(const float *x, int64_t n)
{
    float32x4_t m = vdupq_n_f32(-INFINITY);
    int64_t i = 0;
    for (; i + LANES <= n; i += LANES)
        m = vmaxnmq_f32(m, vld1q_f32(x + i)); // passes over NaN
    float r = vmaxnmvq_f32(m);
    for (; i < n; i++)
        r = x[i] > r ? x[i] : r;
    return r;
}

void nn_eltwise_init_neon(nn_eltwise_kernels *k)
{
    k->act[NN_ACT_RELU] = relu_neon_row;
    k->act[NN_ACT_GELU] = gelu_neon_row;
    k->act[NN_ACT_SILU] = silu_neon_row;
    k->act[NN_ACT_MISH] = mish_neon_row;
    k->act[NN_ACT_SIGMOID] = sigmoid_neon_row;
#define LEAK(ROW, word, WORD, slope) k->act[NN_ACT_##WORD] = word##_neon_row;
    NN_LEAKY_RELUS(LEAK, )
#undef LEAK
    k->act[NN_ACT_HARD_SWISH] = hard_swish_neon_row;
    k->act[NN_ACT_RELU6] = relu6_neon_row;
    k->add = add_neon;
    k->mul = mul_neon;
    k->mul_add = mul_add_neon;
    k->axpy = axpy_neon;
    k->exp = exp_shifted_neon;
    k->affine = affine_neon;
    k->sum = sum_neon;
    k->dot = dot_neon;
    k->sum_sq_diff = sum_sq_diff_neon;
    k->max = max_neon;
}
