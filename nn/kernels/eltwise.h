// SPDX-License-Identifier: MIT
// Element-wise kernels and the sums that go with them. Any n >= 0, any alignment.
#ifndef NN_KERNELS_ELTWISE_H
#define NN_KERNELS_ELTWISE_H

#include "nn/kernels/activations.h"

#include <stdbool.h>
#include <stdint.h>

// Activations that a kernel or a fused epilogue can apply.
#define ROW(word, WORD, ...) NN_ACT_##WORD,
typedef enum nn_act { NN_ACT_NONE, NN_ACT_OPS(ROW) NN_ACT_FUNCTIONS(ROW) NN_ACT_COUNT } nn_act;
#undef ROW

// `act` if convolutions apply it while their sums are in registers; otherwise NN_ACT_NONE, and it
// needs a pass of its own.
static inline nn_act nn_act_early(nn_act act)
{
#define ROW(word, WORD, f, gradient, in_registers, ...) | (unsigned)in_registers << NN_ACT_##WORD
    const unsigned early = 0u NN_ACT_OPS(ROW) NN_ACT_FUNCTIONS(ROW);
#undef ROW
    return early >> act & 1 ? act : NN_ACT_NONE;
}

// What a leaky ReLU multiplies numbers below 0 by; 0: `act` is none.
static inline float nn_act_slope(nn_act act)
{
#define LEAK(ROW, word, WORD, slope) act == NN_ACT_##WORD ? slope:
    return NN_LEAKY_RELUS(LEAK, ) 0;
#undef LEAK
}

typedef struct nn_eltwise_kernels {
    // y[i] = f(x[i]); x may be y. Off by a few ulp or 1e-33, whichever is more; NaN passes.
    void (*act[NN_ACT_COUNT])(float *y, const float *x, int64_t n);
    // gx[i] += gy[i] * f'(x[i]), x being the input of the activation.
    void (*act_grad[NN_ACT_COUNT])(float *gx, const float *gy, const float *x, int64_t n);
    void (*add)(float *y, const float *a, const float *b, int64_t n);     // y = a + b, may alias
    void (*mul)(float *y, const float *a, const float *b, int64_t n);     // y = a * b, may alias
    void (*mul_add)(float *y, const float *a, const float *b, int64_t n); // y += a * b
    void (*axpy)(float *y, float alpha, const float *x, int64_t n);       // y += alpha x
    // y = e^(x - shift), may alias. Exponents are clamped to +-87. NaN passes.
    void (*exp)(float *y, const float *x, float shift, int64_t n);
    // y = x scale + shift, may alias
    void (*affine)(float *y, const float *x, float scale, float shift, int64_t n);
    // Sums, accumulated in float64 or in enough partial sums to be as good.
    double (*sum)(const float *x, int64_t n);
    double (*dot)(const float *a, const float *b, int64_t n);
    double (*sum_sq_diff)(const float *x, float centre, int64_t n); // sum (x - centre)^2
    float (*max)(const float *x, int64_t n); // -INFINITY when n = 0; NaN is passed over
} nn_eltwise_kernels;

void nn_eltwise_init(nn_eltwise_kernels *k, unsigned cpu);

// For nn_eltwise_init: puts their versions over those that are in *k. They run on any CPU; what
// they store does not.
void nn_eltwise_init_avx2(nn_eltwise_kernels *k);
void nn_eltwise_init_avx512(nn_eltwise_kernels *k); // AVX-512 F, BW, DQ and VL
void nn_eltwise_init_neon(nn_eltwise_kernels *k);

#endif
