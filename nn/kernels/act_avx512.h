// SPDX-License-Identifier: MIT
// Activations of a few instructions, for sixteen sums at a time that are still in registers.
#ifndef NN_KERNELS_ACT_AVX512_H
#define NN_KERNELS_ACT_AVX512_H

#ifdef __AVX512F__ // for the files compiled with it; empty elsewhere
#include "nn/kernels/eltwise.h"
#include "nn/kernels/unroll.h"

#include <immintrin.h>

NN_INLINE __m512 relu_512(__m512 x)
{
    return _mm512_max_ps(_mm512_setzero_ps(), x); // the second operand is what NaN gives
}

NN_INLINE __m512 relu6_512(__m512 x)
{
    return _mm512_min_ps(_mm512_set1_ps(6.0f), relu_512(x));
}

// Applies one of nn_act_early to `count` vectors, a constant where this is expanded.
NN_INLINE void act_sums(nn_act act, __m512 *sum, int count)
{
    if (act == NN_ACT_RELU) {
        NN_UNROLL(16)
        for (int i = 0; i < count; i++)
            sum[i] = relu_512(sum[i]);
    } else if (nn_act_slope(act) > 0) {
        const __m512 slope = _mm512_set1_ps(nn_act_slope(act));
        NN_UNROLL(16)
        for (int i = 0; i < count; i++)
            sum[i] = _mm512_max_ps(_mm512_mul_ps(sum[i], slope), sum[i]);
    } else if (act == NN_ACT_RELU6) {
        NN_UNROLL(16)
        for (int i = 0; i < count; i++)
            sum[i] = relu6_512(sum[i]);
    } else if (act == NN_ACT_HARD_SWISH) {
        NN_UNROLL(16)
        for (int i = 0; i < count; i++) {
            const __m512 gate = relu6_512(_mm512_add_ps(sum[i], _mm512_set1_ps(3.0f)));
            sum[i] = _mm512_mul_ps(sum[i], _mm512_mul_ps(gate, _mm512_set1_ps(1.0f / 6)));
        }
    }
}

#endif
#endif
