// SPDX-License-Identifier: MIT
// Matrix products and the gather that turns convolution into one.
#ifndef NN_KERNELS_GEMM_H
#define NN_KERNELS_GEMM_H

#include "nn/kernels/conv_geometry.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct nn_gemm_kernels {
    // C = alpha op(A) op(B) + beta C, row-major, op(A) m x k, op(B) k x n; single-threaded.
    // beta = 0 never reads C.
    void (*sgemm)(bool trans_a, bool trans_b, int64_t m, int64_t n, int64_t k, float alpha,
                  const float *a, int64_t lda, const float *b, int64_t ldb, float beta, float *c,
                  int64_t ldc);
    // Output pixels [begin, end) (row-major over out_h x out_w) of one image as columns:
    // col[(c kernel_h kernel_w + ky kernel_w + kx)][p - begin], row length `ld` >= end - begin.
    void (*im2col)(float *col, int64_t ld, const float *image, const nn_conv_geometry *w,
                   int64_t begin, int64_t end);
    // The transpose: adds the columns back into the image.
    void (*col2im)(float *image, const float *col, int64_t ld, const nn_conv_geometry *w,
                   int64_t begin, int64_t end);
} nn_gemm_kernels;

// Fills *k with the best kernels that need no more than `cpu` (nn_cpu bits of cpu.h).
void nn_gemm_init(nn_gemm_kernels *k, unsigned cpu);

// The reference; also what runs where OpenBLAS cannot be loaded.
void nn_gemm_sgemm(bool trans_a, bool trans_b, int64_t m, int64_t n, int64_t k, float alpha,
                   const float *a, int64_t lda, const float *b, int64_t ldb, float beta, float *c,
                   int64_t ldc);

// Replaces sgemm by OpenBLAS's; for nn_gemm_init only.
void nn_gemm_init_blas(nn_gemm_kernels *k);

#endif
