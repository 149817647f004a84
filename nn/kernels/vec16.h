// SPDX-License-Identifier: MIT
// Sixteen floats in a register of AVX-512, by the names of vec8.h; they may come from, and go to,
// two places of eight.
#ifndef NN_KERNELS_VEC16_H
#define NN_KERNELS_VEC16_H

#ifdef __AVX512F__ // for the files compiled with it; empty elsewhere
#include "nn/kernels/unroll.h"

#include <immintrin.h>

typedef __m512 vec16;

NN_INLINE vec16 vec16_load(const float *x)
{
    return _mm512_loadu_ps(x);
}

NN_INLINE vec16 vec16_load_two(const float *low, const float *high)
{
    return _mm512_insertf32x8(_mm512_castps256_ps512(_mm256_loadu_ps(low)), _mm256_loadu_ps(high),
                              1);
}

NN_INLINE void vec16_store(float *y, vec16 v)
{
    _mm512_storeu_ps(y, v);
}

NN_INLINE void vec16_store_two(float *low, float *high, vec16 v)
{
    _mm256_storeu_ps(low, _mm512_castps512_ps256(v));
    _mm256_storeu_ps(high, _mm512_extractf32x8_ps(v, 1));
}

NN_INLINE void vec16_store_low(float *low, vec16 v)
{
    _mm256_storeu_ps(low, _mm512_castps512_ps256(v));
}

NN_INLINE vec16 vec16_set(float x)
{
    return _mm512_set1_ps(x);
}

NN_INLINE vec16 vec16_add(vec16 a, vec16 b)
{
    return _mm512_add_ps(a, b);
}

NN_INLINE vec16 vec16_sub(vec16 a, vec16 b)
{
    return _mm512_sub_ps(a, b);
}

NN_INLINE vec16 vec16_fma(vec16 a, vec16 b, vec16 c) // a b + c
{
    return _mm512_fmadd_ps(a, b, c);
}

NN_INLINE vec16 vec16_relu(vec16 x) // NaN passes: it is the second operand
{
    return _mm512_max_ps(_mm512_setzero_ps(), x);
}
#endif

#endif
