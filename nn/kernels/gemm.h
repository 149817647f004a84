// SPDX-License-Identifier: MIT
// Matrix products and the gather that turns convolution into one.
#ifndef NN_KERNELS_GEMM_H
#define NN_KERNELS_GEMM_H

#include <stdbool.h>
#include <stdint.h>

// Geometry of one 2-d convolution or pooling window over a C x H x W image.
typedef struct nn_window {
    int channels, in_h, in_w, out_h, out_w;
    int kernel_h, kernel_w, stride_h, stride_w;
    int pad_top, pad_left; // what lies outside is zero
    int dilation_h, dilation_w;
} nn_window;

typedef struct nn_gemm_kernels {
    // C = alpha op(A) op(B) + beta C, row-major, op(A) m x k, op(B) k x n; single-threaded.
    // beta = 0 never reads C.
    void (*sgemm)(bool trans_a, bool trans_b, int64_t m, int64_t n, int64_t k, float alpha,
                  const float *a, int64_t lda, const float *b, int64_t ldb, float beta, float *c,
                  int64_t ldc);
    // Output pixels [begin, end) (row-major over out_h x out_w) of one image as columns:
    // col[(c kernel_h kernel_w + ky kernel_w + kx)][p - begin], row length `ld` >= end - begin.
    void (*im2col)(float *col, int64_t ld, const float *image, const nn_window *w, int64_t begin,
                   int64_t end);
    // The transpose: adds the columns back into the image.
    void (*col2im)(float *image, const float *col, int64_t ld, const nn_window *w, int64_t begin,
                   int64_t end);
    // Depthwise convolution of one channel plane: out_h x out_w = plane (in_h x in_w) * kernel + bias.
    // w->channels is ignored.
    void (*depthwise)(float *out, const float *plane, const float *kernel, float bias,
                      const nn_window *w);
    // Its gradients, ADDED to grad_plane (in_h x in_w) and grad_kernel; either may be NULL, and what
    // only the other one needs (kernel for the plane's, plane for the kernel's) too.
    void (*depthwise_grad)(float *grad_plane, float *grad_kernel, const float *grad_out,
                           const float *plane, const float *kernel, const nn_window *w);
} nn_gemm_kernels;

// Fills *k with the best kernels that need no more than `cpu` (nn_cpu bits of kernels.h).
void nn_gemm_init(nn_gemm_kernels *k, unsigned cpu);

// Replaces sgemm by OpenBLAS's; for nn_gemm_init only.
void nn_gemm_init_blas(nn_gemm_kernels *k);

// The references that faster levels fall back to for the shapes that they do not know.
void nn_depthwise_c(float *out, const float *plane, const float *kernel, float bias,
                    const nn_window *w);
void nn_depthwise_grad_c(float *grad_plane, float *grad_kernel, const float *grad_out,
                         const float *plane, const float *kernel, const nn_window *w);

#endif
