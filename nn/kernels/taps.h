// SPDX-License-Identifier: MIT
// Matrix products whose right side is a list of overlapping rows: convolution without copying each
// pixel once per kernel tap.
#ifndef NN_KERNELS_TAPS_H
#define NN_KERNELS_TAPS_H

#include <stdint.h>

// Row p of B is the n floats from b + offset[p]. Rows may overlap: the taps of a convolution kernel
// are shifted views of one padded image. Row-major, single-threaded; m, n, k >= 0.
typedef struct nn_taps_kernels {
    // C (m x n) = A (m x k) B.
    void (*product)(int64_t m, int64_t n, int64_t k, const float *a, int64_t lda, const float *b,
                    const int32_t *offset, float *c, int64_t ldc);
    // C (m x k) += A (m x n) B^T.
    void (*product_t)(int64_t m, int64_t n, int64_t k, const float *a, int64_t lda, const float *b,
                      const int32_t *offset, float *c, int64_t ldc);
} nn_taps_kernels;

// Fills *k with the best kernels that need no more than `cpu` (nn_cpu bits of kernels.h).
void nn_taps_init(nn_taps_kernels *k, unsigned cpu);

#endif
