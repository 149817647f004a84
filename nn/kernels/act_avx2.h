// SPDX-License-Identifier: MIT
// Activations of a few instructions, for sums that are still in registers.
#ifndef NN_KERNELS_ACT_AVX2_H
#define NN_KERNELS_ACT_AVX2_H

#ifdef __AVX2__ // for the files compiled with it; empty elsewhere
#include "nn/kernels/eltwise.h"
#include "nn/kernels/unroll.h"

#include <immintrin.h>

static inline __m256 relu_f(__m256 x)
{
    return _mm256_max_ps(_mm256_setzero_ps(), x); // second operand for NaN and -0
}

static inline __m256 leaky_relu_f(__m256 x, float slope)
{
    return _mm256_max_ps(_mm256_mul_ps(x, _mm256_set1_ps(slope)), x); // as above
}

static inline __m256 relu6_f(__m256 x)
{
    return _mm256_min_ps(_mm256_set1_ps(6.0f), relu_f(x));
}

static inline __m256 hard_swish_f(__m256 x)
{
    const __m256 gate = relu6_f(_mm256_add_ps(x, _mm256_set1_ps(3.0f)));
    return _mm256_mul_ps(x, _mm256_mul_ps(gate, _mm256_set1_ps(1.0f / 6)));
}

// Applies one of nn_act_early to `count` vectors, a constant where this is expanded.
static inline __attribute__((always_inline)) void act_vectors(nn_act act, __m256 *x, int count)
{
    if (act == NN_ACT_RELU) {
        NN_UNROLL(16)
        for (int i = 0; i < count; i++)
            x[i] = relu_f(x[i]);
    } else if (nn_act_slope(act) > 0) {
        NN_UNROLL(16)
        for (int i = 0; i < count; i++)
            x[i] = leaky_relu_f(x[i], nn_act_slope(act));
    } else if (act == NN_ACT_RELU6) {
        NN_UNROLL(16)
        for (int i = 0; i < count; i++)
            x[i] = relu6_f(x[i]);
    } else if (act == NN_ACT_HARD_SWISH) {
        NN_UNROLL(16)
        for (int i = 0; i < count; i++)
            x[i] = hard_swish_f(x[i]);
    }
}

#endif
#endif
