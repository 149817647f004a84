// SPDX-License-Identifier: MIT
// Convolution of dense planes of few channels, such as a camera's, into rows of a blocked image.
#ifndef NN_KERNELS_ROWCONV_H
#define NN_KERNELS_ROWCONV_H

#include "nn/kernels/eltwise.h"

#include <stdint.h>

// Pixels side by side in the planes are side by side in vectors, so that one load of pixels serves
// all output channels.
enum {
    NN_ROWCONV_OVER = 15,  // floats behind the last pixel that may be read, but do not count
    NN_ROWCONV_STRIDE = 16 // floats from the weights of one depth to those of the next
};

typedef struct nn_rowconv {
    const int32_t
        *offset; // `depth` of them: floats from the first pixel to what a weight multiplies
    int depth;
    const float *weight; // [depth][NN_ROWCONV_STRIDE], of which the first eight are used
    const float *bias;   // eight
    nn_act act;          // one of nn_act_early
} nn_rowconv;

typedef struct nn_rowconv_kernels {
    // out[8 i + c] = act(bias[c] + sum over k of x[offset[k] + i] weight[k][c] + skip[8 i + c]) for
    // i < n, c < 8. Each sum is added up in the order of the depth. skip: NULL: 0; it may be out.
    void (*run)(const nn_rowconv *t, float *out, const float *skip, const float *x, int64_t n);
    // Every stride-th float: to[i] = from[i stride], i < n. Reads nothing behind the last of them.
    void (*pick)(float *to, const float *from, int64_t n, int stride);
} nn_rowconv_kernels;

// Fills *k with the best kernels that need no more than `cpu` (nn_cpu bits of cpu.h).
void nn_rowconv_init(nn_rowconv_kernels *k, unsigned cpu);

// For nn_rowconv_init: puts their versions over those that are in *k. They run on any CPU; what
// they store does not.
void nn_rowconv_init_avx2(nn_rowconv_kernels *k);
void nn_rowconv_init_avx512(nn_rowconv_kernels *k); // AVX-512 F, BW, DQ and VL
void nn_rowconv_init_neon(nn_rowconv_kernels *k);

#endif
