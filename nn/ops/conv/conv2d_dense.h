// SPDX-License-Identifier: MIT
// Convolution of dense batches, forward and both gradients, over padded copies of slices of the
// batch. A slice is copied into the layout that the microkernel reads: blocks of eight channels, or
// planes when there are few channels, with zeros around. Forward convolves the copy of x. The
// gradient of x convolves the copy of the gradient of y with the rotated kernel, once for each
// phase of a strided convolution. The gradient of the weights reads both copies.
#ifndef NN_OPS_CONV_CONV2D_DENSE_H
#define NN_OPS_CONV_CONV2D_DENSE_H

#include "nn/ops/conv/conv2d_layout.h"

// Scratch in floats, and the passes. Backward adds to gx and gw. Results depend on shapes and data
// only, not on the number of threads.
int64_t nn_conv_dense_scratch(const nn_conv_layout *l, int threads, bool backward);
void nn_conv_dense_forward(const nn_conv_run *r);
void nn_conv_dense_backward(const nn_conv_run *r);

#endif
