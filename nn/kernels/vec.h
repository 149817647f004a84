// SPDX-License-Identifier: MIT
// A vector of VEC_EIGHTS times eight floats, each eight at an address of its own: one eight, or two
// with AVX-512 where NN_VEC_PAIRS is defined.
#ifndef NN_KERNELS_VEC_H
#define NN_KERNELS_VEC_H

#include "nn/kernels/vec8.h"

#include <stdint.h>

#ifdef NN_VEC_PAIRS

enum { VEC_EIGHTS = 2 };
typedef __m512 vec;

// Eight floats from x, and eight from x + next.
NN_INLINE vec vec_load(const float *x, int64_t next)
{
    return _mm512_insertf32x8(_mm512_castps256_ps512(_mm256_loadu_ps(x)), _mm256_loadu_ps(x + next),
                              1);
}

// With next = 0 the first eight stay.
NN_INLINE void vec_store(float *y, int64_t next, vec v)
{
    if (next == 8) {
        _mm512_storeu_ps(y, v);
        return;
    }
    _mm256_storeu_ps(y + next, _mm512_extractf32x8_ps(v, 1));
    _mm256_storeu_ps(y, _mm512_castps512_ps256(v));
}

NN_INLINE vec vec_set(float x)
{
    return _mm512_set1_ps(x);
}

NN_INLINE vec vec_add(vec a, vec b)
{
    return _mm512_add_ps(a, b);
}

NN_INLINE vec vec_sub(vec a, vec b)
{
    return _mm512_sub_ps(a, b);
}

NN_INLINE vec vec_fma(vec a, vec b, vec c) // a b + c
{
    return _mm512_fmadd_ps(a, b, c);
}

NN_INLINE vec vec_relu(vec x) // NaN passes: it is the second operand
{
    return _mm512_max_ps(_mm512_setzero_ps(), x);
}

#else

enum { VEC_EIGHTS = 1 };
typedef vec8 vec;

NN_INLINE vec vec_load(const float *x, int64_t next)
{
    (void)next;
    return vec8_load(x);
}

NN_INLINE void vec_store(float *y, int64_t next, vec v)
{
    (void)next;
    vec8_store(y, v);
}

NN_INLINE vec vec_set(float x)
{
    return vec8_set(x);
}

NN_INLINE vec vec_add(vec a, vec b)
{
    return vec8_add(a, b);
}

NN_INLINE vec vec_sub(vec a, vec b)
{
    return vec8_sub(a, b);
}

NN_INLINE vec vec_fma(vec a, vec b, vec c) // a b + c
{
    return vec8_fma(a, b, c);
}

NN_INLINE vec vec_relu(vec x) // NaN passes
{
    return vec8_relu(x);
}

#endif

#endif
