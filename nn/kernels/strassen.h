// SPDX-License-Identifier: MIT
// Sums around the products of Strassen's algorithm in Winograd's form: of rows before, of weights
// before, of products behind.
#ifndef NN_KERNELS_STRASSEN_H
#define NN_KERNELS_STRASSEN_H

#include <stdint.h>

enum { NN_STRASSEN_ROWS = 7, NN_STRASSEN_WEIGHTS = 4 };

typedef struct nn_strassen_kernels {
    // Of the four quarters b11, b12, b21, b22 of a matrix, `b`, n numbers each: t = b12 - b11,
    // b22 - t, b22 - b12, b21 - b22 + t (the negative of Winograd's, so that its product is added).
    void (*weights)(float *const t[NN_STRASSEN_WEIGHTS], const float *const b[4], int64_t n);
    // Of `count` rows of eight numbers `step` floats apart, a11 from `high` and a21 from `low` on,
    // a12 and a22 `far` floats behind: a11, a12, a22, s = a21 + a22, s - a11, a11 - a21,
    // a12 - s + a11, each [count][8].
    void (*rows)(float *const s[NN_STRASSEN_ROWS], const float *high, const float *low, int64_t far,
                 int64_t step, int64_t count);
    // Rows of sixteen: y[i step + j] = x[i x_step + j] + a[16 i + j] + b[16 i + j] for i < count. y
    // may be x.
    void (*sums)(float *y, int64_t step, const float *x, int64_t x_step, const float *a,
                 const float *b, int64_t count);
} nn_strassen_kernels;

// Fills *k with the best kernels that need no more than `cpu` (nn_cpu bits of cpu.h).
void nn_strassen_init(nn_strassen_kernels *k, unsigned cpu);

// For nn_strassen_init: puts its versions over those that are in *k. They run on any CPU; what they
// store does not.
void nn_strassen_init_avx2(nn_strassen_kernels *k);

#endif
