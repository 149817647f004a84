// SPDX-License-Identifier: MIT
// Activations with an exponential in them, and the exponential, for AVX-512: sixteen floats at a
// time.
#include "nn/kernels/act_avx512.h"
#include "nn/kernels/eltwise.h"
#include "nn/kernels/vmath_avx512.h"

typedef __m512 unary(__m512 x);

// Exponents and tails are clamped here; smaller results are below 1e-33. See exp_512.
static const float EXP_END = 87.0f, TAIL_END = 12.5f;

// y = f(x). Inlined with a constant f, so that f is inlined too.
static inline __attribute__((always_inline)) void map(float *y, const float *x, int64_t n, unary *f)
{
    int64_t i = 0;
    for (; i + 16 <= n; i += 16)
        _mm512_storeu_ps(y + i, f(_mm512_loadu_ps(x + i)));
    if (i < n) {
        const __mmask16 m = lanes_512(n - i);
        _mm512_mask_storeu_ps(y + i, m, f(_mm512_maskz_loadu_ps(m, x + i)));
    }
}

// gx += gy f'(x)
static inline __attribute__((always_inline)) void map_grad(float *gx, const float *gy,
                                                           const float *x, int64_t n, unary *slope)
{
    for (int64_t i = 0; i < n; i += 16) {
        const __mmask16 m = lanes_512(n - i);
        const __m512 d = slope(_mm512_maskz_loadu_ps(m, x + i));
        const __m512 g = _mm512_maskz_loadu_ps(m, gy + i), sum = _mm512_maskz_loadu_ps(m, gx + i);
        _mm512_mask_storeu_ps(gx + i, m, _mm512_fmadd_ps(g, d, sum));
    }
}

static inline __m512 negate(__m512 x)
{
    return _mm512_xor_ps(x, _mm512_set1_ps(-0.0f));
}

static inline __m512 minus_abs(__m512 x)
{
    return _mm512_or_ps(x, _mm512_set1_ps(-0.0f));
}

static inline __m512 gelu_f(__m512 x)
{
    const __m512 a = _mm512_min_ps(_mm512_set1_ps(TAIL_END), _mm512_abs_ps(x));
    return _mm512_fnmadd_ps(a, normal_tail_512(a, gauss_512(a)), relu_512(x));
}

// 1 / (1 + e^-x), |x| <= 87
static inline __m512 logistic(__m512 x)
{
    return reciprocal_512(_mm512_add_ps(exp_512(negate(x)), _mm512_set1_ps(1.0f)));
}

static inline __m512 silu_f(__m512 x)
{
    x = _mm512_max_ps(_mm512_set1_ps(-EXP_END), x);
    const __m512 e = exp_512(negate(_mm512_min_ps(_mm512_set1_ps(EXP_END), x)));
    const __m512 d = _mm512_add_ps(e, _mm512_set1_ps(1.0f)), k = _mm512_rcp14_ps(d);
    // x / d, the step of Newton's for 1 / d (reciprocal_512) as a factor
    return _mm512_mul_ps(_mm512_mul_ps(x, k), _mm512_fnmadd_ps(d, k, _mm512_set1_ps(2.0f)));
}

static inline __m512 mish_f(__m512 x)
{
    const __m512 two = _mm512_set1_ps(2.0f);
    x = _mm512_max_ps(_mm512_set1_ps(-EXP_END), x);
    const __m512 e = exp_512(_mm512_min_ps(_mm512_set1_ps(20.0f), x));
    const __m512 w = _mm512_mul_ps(e, _mm512_add_ps(e, two));
    return _mm512_mul_ps(x, _mm512_mul_ps(w, reciprocal_512(_mm512_add_ps(w, two))));
}

static inline __m512 sigmoid_f(__m512 x)
{
    return logistic(clamp_512(x, -EXP_END, EXP_END));
}

static inline __m512 gelu_slope(__m512 x)
{
    x = clamp_512(x, -TAIL_END, TAIL_END);
    const __m512 a = _mm512_abs_ps(x), gauss = gauss_512(a), tail = normal_tail_512(a, gauss);
    const __mmask16 below = _mm512_movepi32_mask(_mm512_castps_si512(x));
    const __m512 part = _mm512_mask_mov_ps(_mm512_sub_ps(_mm512_set1_ps(1.0f), tail), below, tail);
    const __m512 density = _mm512_mul_ps(gauss, _mm512_set1_ps(0.39894228040143268f));
    return _mm512_fmadd_ps(x, density, part);
}

static inline __m512 silu_slope(__m512 x)
{
    x = clamp_512(x, -EXP_END, EXP_END);
    const __m512 e = exp_512(minus_abs(x));
    const __m512 big = reciprocal_512(_mm512_add_ps(e, _mm512_set1_ps(1.0f)));
    const __m512 small = _mm512_mul_ps(e, big);
    const __mmask16 below = _mm512_movepi32_mask(_mm512_castps_si512(x));
    return _mm512_fmadd_ps(x, _mm512_mul_ps(big, small), _mm512_mask_mov_ps(big, below, small));
}

static inline __m512 mish_slope(__m512 x)
{
    x = clamp_512(x, -EXP_END, 20.0f);
    const __m512 two = _mm512_set1_ps(2.0f), e = exp_512(x);
    const __m512 w = _mm512_mul_ps(e, _mm512_add_ps(e, two));
    const __m512 r = reciprocal_512(_mm512_add_ps(w, two));
    const __m512 steep = _mm512_mul_ps(_mm512_mul_ps(e, r), _mm512_fmadd_ps(e, r, r));
    return _mm512_fmadd_ps(_mm512_mul_ps(x, _mm512_set1_ps(4.0f)), steep, _mm512_mul_ps(w, r));
}

static inline __m512 sigmoid_slope(__m512 x)
{
    const __m512 e = exp_512(minus_abs(clamp_512(x, -EXP_END, EXP_END)));
    const __m512 s = reciprocal_512(_mm512_add_ps(e, _mm512_set1_ps(1.0f)));
    return _mm512_mul_ps(s, _mm512_mul_ps(e, s));
}

#define ACT(word)                                                                                  \
    static void word##_avx512(float *y, const float *x, int64_t n)                                 \
    {                                                                                              \
        map(y, x, n, word##_f);                                                                    \
    }                                                                                              \
    static void word##_grad_avx512(float *gx, const float *gy, const float *x, int64_t n)          \
    {                                                                                              \
        map_grad(gx, gy, x, n, word##_slope);                                                      \
    }
ACT(gelu)
ACT(silu)
ACT(mish)
ACT(sigmoid)

static void exp_shifted_avx512(float *y, const float *x, float shift, int64_t n)
{
    const __m512 by = _mm512_set1_ps(shift);
    for (int64_t i = 0; i < n; i += 16) {
        const __mmask16 m = lanes_512(n - i);
        const __m512 v = _mm512_sub_ps(_mm512_maskz_loadu_ps(m, x + i), by);
        _mm512_mask_storeu_ps(y + i, m, exp_512(clamp_512(v, -EXP_END, EXP_END)));
    }
}

void nn_eltwise_init_avx512(nn_eltwise_kernels *k)
{
    k->act[NN_ACT_GELU] = gelu_avx512;
    k->act[NN_ACT_SILU] = silu_avx512;
    k->act[NN_ACT_MISH] = mish_avx512;
    k->act[NN_ACT_SIGMOID] = sigmoid_avx512;
    k->act_grad[NN_ACT_GELU] = gelu_grad_avx512;
    k->act_grad[NN_ACT_SILU] = silu_grad_avx512;
    k->act_grad[NN_ACT_MISH] = mish_grad_avx512;
    k->act_grad[NN_ACT_SIGMOID] = sigmoid_grad_avx512;
    k->exp = exp_shifted_avx512;
}
