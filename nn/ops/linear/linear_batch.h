// SPDX-License-Identifier: MIT
// linear of a small batch where weights are not packed beforehand, as in training: forward and both
// gradients, by the microkernel. Its time is that of reading the weights once.
#ifndef NN_OPS_LINEAR_LINEAR_BATCH_H
#define NN_OPS_LINEAR_LINEAR_BATCH_H

#include "nn/ops/op.h"

typedef struct nn_linear_batch {
    const nn_op_call *call;
    int64_t rows, inputs, outputs;
    const float *x, *weight;
} nn_linear_batch;

// Whether it is faster than the general way, and the scratch memory that it needs.
bool nn_linear_batch_fits(const nn_linear_batch *l);
size_t nn_linear_batch_scratch(int64_t rows, int64_t inputs, int64_t outputs);

// Writes x W^T to y.
void nn_linear_batch_forward(const nn_linear_batch *l, float *y);
// Adds gy W to gx.
void nn_linear_batch_input(const nn_linear_batch *l, const float *gy, float *gx);
// Adds gy^T x to gw.
void nn_linear_batch_weight(const nn_linear_batch *l, const float *gy, float *gw);

#endif
