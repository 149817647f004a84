// SPDX-License-Identifier: MIT
// Convolution of dense batches, forward and both gradients, over padded copies of slices of the
// batch.
//
// A slice is copied to where the microkernel can read it: in blocks of eight channels, or plane by
// plane when channels are few, with zeros around. Forward convolves the copy of x; the gradient of
// x convolves the copy of the gradient of y with the kernel turned, once for each phase of a
// strided convolution; the gradient of the weights reads both.
#ifndef NN_OPS_CONV_CONV2D_DENSE_H
#define NN_OPS_CONV_CONV2D_DENSE_H

#include "nn/ops/conv/conv2d_layout.h"

// Scratch floats, and the passes. Backward adds to gx and gw; results depend on nothing but shapes
// and data, not on the number of threads.
int64_t nn_conv_dense_scratch(const nn_conv_layout *l, int threads, bool backward);
void nn_conv_dense_forward(const nn_conv_run *r);
void nn_conv_dense_backward(const nn_conv_run *r);

#endif
