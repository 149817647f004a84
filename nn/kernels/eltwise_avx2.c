// SPDX-License-Identifier: MIT
// Element-wise kernels for AVX2 and FMA, eight floats at a time.
#include "nn/kernels/act_avx2.h"
#include "nn/kernels/eltwise.h"
#include "nn/kernels/vmath_avx2.h"

#include <math.h>

typedef __m256 unary(__m256 x);
typedef __m256 binary(__m256 a, __m256 b);

// Exponents and tails are clamped here; smaller results are below 1e-33. See exp_avx2.
static const float EXP_END = 87.0f, TAIL_END = 12.5f;

// y = f(x). Inlined with a constant f, so that f is inlined too.
static inline __attribute__((always_inline)) void map(float *y, const float *x, int64_t n, unary *f)
{
    int64_t i = 0;
    for (; i + 8 <= n; i += 8)
        _mm256_storeu_ps(y + i, f(_mm256_loadu_ps(x + i)));
    if (i < n) {
        const __m256i m = first_lanes(n - i);
        _mm256_maskstore_ps(y + i, m, f(_mm256_maskload_ps(x + i, m)));
    }
}

// y = f(a, b)
static inline __attribute__((always_inline)) void map2(float *y, const float *a, const float *b,
                                                       int64_t n, binary *f)
{
    int64_t i = 0;
    for (; i + 8 <= n; i += 8)
        _mm256_storeu_ps(y + i, f(_mm256_loadu_ps(a + i), _mm256_loadu_ps(b + i)));
    if (i < n) {
        const __m256i m = first_lanes(n - i);
        const __m256 r = f(_mm256_maskload_ps(a + i, m), _mm256_maskload_ps(b + i, m));
        _mm256_maskstore_ps(y + i, m, r);
    }
}

// gx += gy f'(x)
static inline __attribute__((always_inline)) void map_grad(float *gx, const float *gy,
                                                           const float *x, int64_t n, unary *slope)
{
    int64_t i = 0;
    for (; i + 8 <= n; i += 8) {
        const __m256 d = slope(_mm256_loadu_ps(x + i));
        const __m256 r = _mm256_fmadd_ps(_mm256_loadu_ps(gy + i), d, _mm256_loadu_ps(gx + i));
        _mm256_storeu_ps(gx + i, r);
    }
    if (i < n) {
        const __m256i m = first_lanes(n - i);
        const __m256 d = slope(_mm256_maskload_ps(x + i, m)), g = _mm256_maskload_ps(gy + i, m);
        _mm256_maskstore_ps(gx + i, m, _mm256_fmadd_ps(g, d, _mm256_maskload_ps(gx + i, m)));
    }
}

static inline __m256 gelu_f(__m256 x)
{
    const __m256 a = _mm256_min_ps(_mm256_set1_ps(TAIL_END), abs_avx2(x));
    const __m256 tail = normal_tail_avx2(a, gauss_avx2(a));
    return _mm256_fnmadd_ps(a, tail, relu_f(x));
}

static inline __m256 silu_f(__m256 x)
{
    x = _mm256_max_ps(_mm256_set1_ps(-EXP_END), x);
    const __m256 high = _mm256_min_ps(_mm256_set1_ps(EXP_END), x);
    const __m256 e = exp_avx2(_mm256_sub_ps(_mm256_setzero_ps(), high));
    return _mm256_div_ps(x, _mm256_add_ps(e, _mm256_set1_ps(1.0f)));
}

static inline __m256 mish_f(__m256 x)
{
    const __m256 two = _mm256_set1_ps(2.0f);
    x = _mm256_max_ps(_mm256_set1_ps(-EXP_END), x);
    const __m256 e = exp_avx2(_mm256_min_ps(_mm256_set1_ps(20.0f), x));
    const __m256 w = _mm256_mul_ps(e, _mm256_add_ps(e, two));
    return _mm256_mul_ps(x, _mm256_div_ps(w, _mm256_add_ps(w, two)));
}

static inline __m256 sigmoid_f(__m256 x)
{
    const __m256 one = _mm256_set1_ps(1.0f);
    x = clamp_avx2(x, -EXP_END, EXP_END);
    return _mm256_div_ps(one, _mm256_add_ps(exp_avx2(_mm256_sub_ps(_mm256_setzero_ps(), x)), one));
}

static inline __m256 gelu_slope(__m256 x)
{
    x = clamp_avx2(x, -TAIL_END, TAIL_END);
    const __m256 a = abs_avx2(x), gauss = gauss_avx2(a), tail = normal_tail_avx2(a, gauss);
    const __m256 below = _mm256_blendv_ps(_mm256_sub_ps(_mm256_set1_ps(1.0f), tail), tail, x);
    const __m256 density = _mm256_mul_ps(gauss, _mm256_set1_ps(0.39894228040143268f));
    return _mm256_fmadd_ps(x, density, below);
}

static inline __m256 silu_slope(__m256 x)
{
    x = clamp_avx2(x, -EXP_END, EXP_END);
    const __m256 one = _mm256_set1_ps(1.0f), e = exp_avx2(_mm256_or_ps(x, _mm256_set1_ps(-0.0f)));
    const __m256 big = _mm256_div_ps(one, _mm256_add_ps(e, one)), small = _mm256_mul_ps(e, big);
    const __m256 s = _mm256_blendv_ps(big, small, x);
    return _mm256_fmadd_ps(x, _mm256_mul_ps(big, small), s);
}

static inline __m256 mish_slope(__m256 x)
{
    x = clamp_avx2(x, -EXP_END, 20.0f);
    const __m256 one = _mm256_set1_ps(1.0f), two = _mm256_set1_ps(2.0f), e = exp_avx2(x);
    const __m256 w = _mm256_mul_ps(e, _mm256_add_ps(e, two));
    const __m256 r = _mm256_div_ps(one, _mm256_add_ps(w, two));
    const __m256 steep = _mm256_mul_ps(_mm256_mul_ps(e, r), _mm256_fmadd_ps(e, r, r));
    return _mm256_fmadd_ps(_mm256_mul_ps(x, _mm256_set1_ps(4.0f)), steep, _mm256_mul_ps(w, r));
}

static inline __m256 sigmoid_slope(__m256 x)
{
    x = clamp_avx2(x, -EXP_END, EXP_END);
    const __m256 one = _mm256_set1_ps(1.0f), e = exp_avx2(_mm256_or_ps(x, _mm256_set1_ps(-0.0f)));
    const __m256 s = _mm256_div_ps(one, _mm256_add_ps(e, one));
    return _mm256_mul_ps(s, _mm256_mul_ps(e, s));
}

static inline __m256 leaky_slope(__m256 x, float slope)
{
    const __m256 below = _mm256_cmp_ps(x, _mm256_setzero_ps(), _CMP_LT_OQ); // -0 is not
    return _mm256_blendv_ps(_mm256_set1_ps(1.0f), _mm256_set1_ps(slope), below);
}

static inline __m256 hard_swish_slope(__m256 x)
{
    const __m256 one = _mm256_set1_ps(1.0f), three = _mm256_set1_ps(3.0f);
    const __m256 rise =
        _mm256_mul_ps(_mm256_fmadd_ps(x, _mm256_set1_ps(2.0f), three), _mm256_set1_ps(1.0f / 6));
    const __m256 high = _mm256_blendv_ps(rise, one, _mm256_cmp_ps(x, three, _CMP_GE_OQ));
    return _mm256_and_ps(high, _mm256_cmp_ps(x, _mm256_set1_ps(-3.0f), _CMP_GT_OQ));
}

static inline __m256 relu6_slope(__m256 x)
{
    const __m256 above = _mm256_cmp_ps(x, _mm256_setzero_ps(), _CMP_NLE_UQ);
    const __m256 below = _mm256_cmp_ps(x, _mm256_set1_ps(6.0f), _CMP_NGE_UQ);
    return _mm256_and_ps(_mm256_and_ps(above, below), _mm256_set1_ps(1.0f));
}

static void relu_avx2(float *y, const float *x, int64_t n)
{
    map(y, x, n, relu_f);
}

static void gelu_avx2(float *y, const float *x, int64_t n)
{
    map(y, x, n, gelu_f);
}

static void silu_avx2(float *y, const float *x, int64_t n)
{
    map(y, x, n, silu_f);
}

static void mish_avx2(float *y, const float *x, int64_t n)
{
    map(y, x, n, mish_f);
}

static void sigmoid_avx2(float *y, const float *x, int64_t n)
{
    map(y, x, n, sigmoid_f);
}

static void hard_swish_avx2(float *y, const float *x, int64_t n)
{
    map(y, x, n, hard_swish_f);
}

static void relu6_avx2(float *y, const float *x, int64_t n)
{
    map(y, x, n, relu6_f);
}

#define LEAK(ROW, word, WORD, slope)                                                               \
    static inline __m256 word##_one(__m256 x)                                                      \
    {                                                                                              \
        return leaky_relu_f(x, slope);                                                             \
    }                                                                                              \
    static inline __m256 word##_slope(__m256 x)                                                    \
    {                                                                                              \
        return leaky_slope(x, slope);                                                              \
    }                                                                                              \
    static void word##_avx2(float *y, const float *x, int64_t n)                                   \
    {                                                                                              \
        map(y, x, n, word##_one);                                                                  \
    }                                                                                              \
    static void word##_grad_avx2(float *gx, const float *gy, const float *x, int64_t n)            \
    {                                                                                              \
        map_grad(gx, gy, x, n, word##_slope);                                                      \
    }
NN_LEAKY_RELUS(LEAK, )
#undef LEAK

static void hard_swish_grad_avx2(float *gx, const float *gy, const float *x, int64_t n)
{
    map_grad(gx, gy, x, n, hard_swish_slope);
}

static void relu6_grad_avx2(float *gx, const float *gy, const float *x, int64_t n)
{
    map_grad(gx, gy, x, n, relu6_slope);
}

// Without map_grad, because infinity times a slope of 0 is NaN.
static void relu_grad_avx2(float *gx, const float *gy, const float *x, int64_t n)
{
    int64_t i = 0;
    for (; i + 8 <= n; i += 8) {
        const __m256 on = _mm256_cmp_ps(_mm256_loadu_ps(x + i), _mm256_setzero_ps(), _CMP_NLE_UQ);
        const __m256 g = _mm256_and_ps(on, _mm256_loadu_ps(gy + i));
        _mm256_storeu_ps(gx + i, _mm256_add_ps(g, _mm256_loadu_ps(gx + i)));
    }
    for (; i < n; i++)
        gx[i] += x[i] <= 0.0f ? 0.0f : gy[i];
}

static void gelu_grad_avx2(float *gx, const float *gy, const float *x, int64_t n)
{
    map_grad(gx, gy, x, n, gelu_slope);
}

static void silu_grad_avx2(float *gx, const float *gy, const float *x, int64_t n)
{
    map_grad(gx, gy, x, n, silu_slope);
}

static void mish_grad_avx2(float *gx, const float *gy, const float *x, int64_t n)
{
    map_grad(gx, gy, x, n, mish_slope);
}

static void sigmoid_grad_avx2(float *gx, const float *gy, const float *x, int64_t n)
{
    map_grad(gx, gy, x, n, sigmoid_slope);
}

static inline __m256 add_f(__m256 a, __m256 b)
{
    return _mm256_add_ps(a, b);
}

static inline __m256 mul_f(__m256 a, __m256 b)
{
    return _mm256_mul_ps(a, b);
}

static void add_avx2(float *y, const float *a, const float *b, int64_t n)
{
    map2(y, a, b, n, add_f);
}

static void mul_avx2(float *y, const float *a, const float *b, int64_t n)
{
    map2(y, a, b, n, mul_f);
}

static void mul_add_avx2(float *y, const float *a, const float *b, int64_t n)
{
    int64_t i = 0;
    for (; i + 8 <= n; i += 8)
        _mm256_storeu_ps(y + i, _mm256_fmadd_ps(_mm256_loadu_ps(a + i), _mm256_loadu_ps(b + i),
                                                _mm256_loadu_ps(y + i)));
    for (; i < n; i++)
        y[i] = fmaf(a[i], b[i], y[i]);
}

static void axpy_avx2(float *y, float alpha, const float *x, int64_t n)
{
    const __m256 k = _mm256_set1_ps(alpha);
    int64_t i = 0;
    for (; i + 8 <= n; i += 8)
        _mm256_storeu_ps(y + i, _mm256_fmadd_ps(k, _mm256_loadu_ps(x + i), _mm256_loadu_ps(y + i)));
    for (; i < n; i++)
        y[i] = fmaf(alpha, x[i], y[i]);
}

static void affine_avx2(float *y, const float *x, float scale, float shift, int64_t n)
{
    const __m256 a = _mm256_set1_ps(scale), b = _mm256_set1_ps(shift);
    int64_t i = 0;
    for (; i + 8 <= n; i += 8)
        _mm256_storeu_ps(y + i, _mm256_fmadd_ps(_mm256_loadu_ps(x + i), a, b));
    for (; i < n; i++)
        y[i] = fmaf(x[i], scale, shift);
}

static void exp_shifted_avx2(float *y, const float *x, float shift, int64_t n)
{
    const __m256 by = _mm256_set1_ps(shift);
    for (int64_t i = 0; i < n; i += 8) {
        const __m256 v = _mm256_sub_ps(load_part(x + i, n - i), by);
        store_part(y + i, exp_avx2(clamp_avx2(v, -EXP_END, EXP_END)), n - i);
    }
}

static inline __m256d load4(const float *x)
{
    return _mm256_cvtps_pd(_mm_loadu_ps(x));
}

static inline double add_lanes(__m256d a, __m256d b, __m256d c, __m256d d)
{
    const __m256d s = _mm256_add_pd(_mm256_add_pd(a, b), _mm256_add_pd(c, d));
    const __m128d h = _mm_add_pd(_mm256_castpd256_pd128(s), _mm256_extractf128_pd(s, 1));
    return _mm_cvtsd_f64(h) + _mm_cvtsd_f64(_mm_unpackhi_pd(h, h));
}

static double sum_avx2(const float *x, int64_t n)
{
    __m256d s[4] = {_mm256_setzero_pd(), _mm256_setzero_pd(), _mm256_setzero_pd(),
                    _mm256_setzero_pd()};
    int64_t i = 0;
    for (; i + 16 <= n; i += 16)
        for (int j = 0; j < 4; j++)
            s[j] = _mm256_add_pd(s[j], load4(x + i + 4 * j));
    double r = add_lanes(s[0], s[1], s[2], s[3]);
    for (; i < n; i++)
        r += x[i];
    return r;
}

static double dot_avx2(const float *a, const float *b, int64_t n)
{
    __m256d s[4] = {_mm256_setzero_pd(), _mm256_setzero_pd(), _mm256_setzero_pd(),
                    _mm256_setzero_pd()};
    int64_t i = 0;
    for (; i + 16 <= n; i += 16)
        for (int j = 0; j < 4; j++)
            s[j] = _mm256_fmadd_pd(load4(a + i + 4 * j), load4(b + i + 4 * j), s[j]);
    double r = add_lanes(s[0], s[1], s[2], s[3]);
    for (; i < n; i++)
        r += (double)a[i] * b[i];
    return r;
}

static double sum_sq_diff_avx2(const float *x, float centre, int64_t n)
{
    const __m256d c = _mm256_set1_pd(centre);
    __m256d s[4] = {_mm256_setzero_pd(), _mm256_setzero_pd(), _mm256_setzero_pd(),
                    _mm256_setzero_pd()};
    int64_t i = 0;
    for (; i + 16 <= n; i += 16)
        for (int j = 0; j < 4; j++) {
            const __m256d d = _mm256_sub_pd(load4(x + i + 4 * j), c);
            s[j] = _mm256_fmadd_pd(d, d, s[j]);
        }
    double r = add_lanes(s[0], s[1], s[2], s[3]);
    for (; i < n; i++)
        r += ((double)x[i] - centre) * ((double)x[i] - centre);
    return r;
}

static float max_avx2(const float *x, int64_t n)
{
    __m256 m = _mm256_set1_ps(-INFINITY), k = m;
    int64_t i = 0;
    for (; i + 16 <= n; i += 16) { // the running maximum comes second, so that NaN is passed over
        m = _mm256_max_ps(_mm256_loadu_ps(x + i), m);
        k = _mm256_max_ps(_mm256_loadu_ps(x + i + 8), k);
    }
    m = _mm256_max_ps(m, k);
    __m128 h = _mm_max_ps(_mm256_castps256_ps128(m), _mm256_extractf128_ps(m, 1));
    h = _mm_max_ps(h, _mm_movehl_ps(h, h));
    float r = _mm_cvtss_f32(_mm_max_ss(h, _mm_movehdup_ps(h)));
    for (; i < n; i++)
        r = x[i] > r ? x[i] : r;
    return r;
}

void nn_eltwise_init_avx2(nn_eltwise_kernels *k)
{
    k->act[NN_ACT_RELU] = relu_avx2;
    k->act[NN_ACT_GELU] = gelu_avx2;
    k->act[NN_ACT_SILU] = silu_avx2;
    k->act[NN_ACT_MISH] = mish_avx2;
    k->act[NN_ACT_SIGMOID] = sigmoid_avx2;
#define LEAK(ROW, word, WORD, slope)                                                               \
    k->act[NN_ACT_##WORD] = word##_avx2;                                                           \
    k->act_grad[NN_ACT_##WORD] = word##_grad_avx2;
    NN_LEAKY_RELUS(LEAK, )
#undef LEAK
    k->act[NN_ACT_HARD_SWISH] = hard_swish_avx2;
    k->act[NN_ACT_RELU6] = relu6_avx2;
    k->act_grad[NN_ACT_HARD_SWISH] = hard_swish_grad_avx2;
    k->act_grad[NN_ACT_RELU6] = relu6_grad_avx2;
    k->act_grad[NN_ACT_RELU] = relu_grad_avx2;
    k->act_grad[NN_ACT_GELU] = gelu_grad_avx2;
    k->act_grad[NN_ACT_SILU] = silu_grad_avx2;
    k->act_grad[NN_ACT_MISH] = mish_grad_avx2;
    k->act_grad[NN_ACT_SIGMOID] = sigmoid_grad_avx2;
    k->add = add_avx2;
    k->mul = mul_avx2;
    k->mul_add = mul_add_avx2;
    k->axpy = axpy_avx2;
    k->exp = exp_shifted_avx2;
    k->affine = affine_avx2;
    k->sum = sum_avx2;
    k->dot = dot_avx2;
    k->sum_sq_diff = sum_sq_diff_avx2;
    k->max = max_avx2;
}
