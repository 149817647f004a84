// SPDX-License-Identifier: MIT
// Binary operators with numpy's broadcasting rules: everything except the arithmetic of a row.
#ifndef NN_OPS_COMMON_BROADCAST_H
#define NN_OPS_COMMON_BROADCAST_H

#include "nn/ops/op.h"

// Arithmetic on a run of n elements. An operand with step 0 is one number for the whole run.
typedef struct nn_broadcast_rows {
    // y[i] = a[i] op b[i]. At most one step is 0 unless n is 1. y may be a.
    void (*forward)(const nn_eltwise_kernels *k, float *y, const float *a, int64_t step_a,
                    const float *b, int64_t step_b, int64_t n);
    // gx[i] += gy[i] * slope; the slope depends on the other operand.
    void (*grad)(const nn_eltwise_kernels *k, float *gx, const float *gy, const float *other,
                 int64_t step, int64_t n);
    // The sum of gy[i] * slope.
    double (*grad_sum)(const nn_eltwise_kernels *k, const float *gy, const float *other,
                       int64_t step, int64_t n);
} nn_broadcast_rows;

// Aligns the dims of both inputs at the last axis; each pair must be equal or hold a 1.
nn_status nn_broadcast_shape(const char *op, const nn_shape *in, nn_shape *out, nn_error *err);
void nn_broadcast_forward(const nn_op_call *call, const nn_broadcast_rows *rows);
// Sums each gradient over the axes along which its input was repeated, in a fixed order.
void nn_broadcast_backward(const nn_op_call *call, const nn_broadcast_rows *rows);

// Offers the implementation of sums and products on a blocked image. The other operand is an image
// of the same shape, (N,C,1,1) or (N,1,H,W). It may lack leading dims and have 1 for N or C.
int nn_broadcast_impls(const nn_op_problem *problem, nn_op_impl *impl,
                       void (*run)(const nn_op_call *call));
void nn_broadcast_run_blocked(const nn_op_call *call, bool product);

#endif
