// SPDX-License-Identifier: MIT
// Eight floats, for code that is the same on x86 and ARM: one register of AVX2 or two of NEON.
#ifndef NN_KERNELS_VEC8_H
#define NN_KERNELS_VEC8_H

#include "nn/kernels/unroll.h"

#if defined(__AVX2__)
#include <immintrin.h>

typedef __m256 vec8;

NN_INLINE vec8 vec8_load(const float *x)
{
    return _mm256_loadu_ps(x);
}

NN_INLINE void vec8_store(float *y, vec8 v)
{
    _mm256_storeu_ps(y, v);
}

NN_INLINE vec8 vec8_set(float x)
{
    return _mm256_set1_ps(x);
}

NN_INLINE vec8 vec8_add(vec8 a, vec8 b)
{
    return _mm256_add_ps(a, b);
}

NN_INLINE vec8 vec8_sub(vec8 a, vec8 b)
{
    return _mm256_sub_ps(a, b);
}

NN_INLINE vec8 vec8_fma(vec8 a, vec8 b, vec8 c) // a b + c
{
    return _mm256_fmadd_ps(a, b, c);
}

NN_INLINE vec8 vec8_relu(vec8 x) // NaN passes: it is the second operand
{
    return _mm256_max_ps(_mm256_setzero_ps(), x);
}

#elif defined(__aarch64__)
#include <arm_neon.h>

typedef struct vec8 {
    float32x4_t low, high;
} vec8;

NN_INLINE vec8 vec8_load(const float *x)
{
    return (vec8){vld1q_f32(x), vld1q_f32(x + 4)};
}

NN_INLINE void vec8_store(float *y, vec8 v)
{
    vst1q_f32(y, v.low);
    vst1q_f32(y + 4, v.high);
}

NN_INLINE vec8 vec8_set(float x)
{
    return (vec8){vdupq_n_f32(x), vdupq_n_f32(x)};
}

NN_INLINE vec8 vec8_add(vec8 a, vec8 b)
{
    return (vec8){vaddq_f32(a.low, b.low), vaddq_f32(a.high, b.high)};
}

NN_INLINE vec8 vec8_sub(vec8 a, vec8 b)
{
    return (vec8){vsubq_f32(a.low, b.low), vsubq_f32(a.high, b.high)};
}

NN_INLINE vec8 vec8_fma(vec8 a, vec8 b, vec8 c) // a b + c
{
    return (vec8){vfmaq_f32(c.low, a.low, b.low), vfmaq_f32(c.high, a.high, b.high)};
}

NN_INLINE vec8 vec8_relu(vec8 x) // NaN passes
{
    return (vec8){vmaxq_f32(x.low, vdupq_n_f32(0.0f)), vmaxq_f32(x.high, vdupq_n_f32(0.0f))};
}

#endif

#if defined(__AVX2__) || defined(__aarch64__)
// For code that vec16.h serves, too: the high half is not there.
NN_INLINE vec8 vec8_load_two(const float *low, const float *high)
{
    (void)high;
    return vec8_load(low);
}

NN_INLINE void vec8_store_two(float *low, float *high, vec8 v)
{
    (void)high;
    vec8_store(low, v);
}

NN_INLINE void vec8_store_low(float *low, vec8 v)
{
    vec8_store(low, v);
}
#endif

#endif
