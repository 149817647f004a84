// SPDX-License-Identifier: MIT
// Products of a matrix with one vector or a few, whose time is that of reading the matrix.
#ifndef NN_KERNELS_GEMV_H
#define NN_KERNELS_GEMV_H

#include <stdint.h>

// y[v * ldy + r] = sum over k < n of matrix[r * ld + k] * x[v * ldx + k], for r < rows and
// v < vectors. A sum does not depend on the other rows.
typedef struct nn_gemv {
    const void *matrix; // float32 or float16
    int64_t ld;         // numbers from one row to the next
    int64_t rows, n;
    const float *x;
    int64_t ldx;
    int vectors;
    float *y;
    int64_t ldy;
} nn_gemv;

typedef struct nn_gemv_kernels {
    void (*f32)(const nn_gemv *g);
    void (*f16)(const nn_gemv *g);
} nn_gemv_kernels;

// Fills *k with the best kernels that need no more than `cpu` (nn_cpu bits of cpu.h).
void nn_gemv_init(nn_gemv_kernels *k, unsigned cpu);

// For nn_gemv_init: puts its versions over those that are in *k. It runs on any CPU; what it stores
// does not.
void nn_gemv_init_avx2(nn_gemv_kernels *k);
void nn_gemv_init_neon(nn_gemv_kernels *k);

#endif
