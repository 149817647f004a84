// SPDX-License-Identifier: MIT
// Depthwise convolution of rows of blocked images: eight channels side by side, each with its own
// weights.
#ifndef NN_KERNELS_DEPTHWISE_H
#define NN_KERNELS_DEPTHWISE_H

#include "nn/kernels/eltwise.h"

#include <stdint.h>

typedef struct nn_depthwise {
    int height, width;   // of the kernel
    const float *weight; // [height * width][8]
    const float *bias;   // 8 floats
    const float *skip;   // added before act, lies as y does; may be y; NULL: nothing
    nn_act act;          // of the sums, one of nn_act_early
    int64_t row, tap;    // floats from one tap to the one below it, to the one beside it
    int64_t step;        // floats from the window of one output pixel to the next
} nn_depthwise;

typedef struct nn_depthwise_kernels {
    // Computes n >= 0 output pixels of eight floats. x is the first tap of the first pixel; all
    // taps
    // may be read.
    void (*run)(const nn_depthwise *d, float *y, const float *x, int64_t n);
} nn_depthwise_kernels;

// Fills *k with the best kernels that need no more than `cpu` (nn_cpu bits of cpu.h).
void nn_depthwise_init(nn_depthwise_kernels *k, unsigned cpu);

// For nn_depthwise_init: puts their versions over those that are in *k. They run on any CPU; what
// they store does not.
void nn_depthwise_init_avx2(nn_depthwise_kernels *k);
void nn_depthwise_init_avx512(nn_depthwise_kernels *k); // AVX-512 F, BW, DQ and VL
void nn_depthwise_init_neon(nn_depthwise_kernels *k);

// A faster level calls it for some shapes.
void nn_depthwise_run_avx2(const nn_depthwise *d, float *y, const float *x, int64_t n);

#endif
