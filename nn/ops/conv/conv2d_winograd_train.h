// SPDX-License-Identifier: MIT
// Winograd convolution in training: forward, and the gradient of x.
#ifndef NN_OPS_CONV_CONV2D_WINOGRAD_TRAIN_H
#define NN_OPS_CONV_CONV2D_WINOGRAD_TRAIN_H

#include "nn/ops/conv/conv2d_padded.h"

// Winograd convolution of slices in training, 3x3 or 5x5 with stride 1: forward, or the gradient of
// x from the gradient of y.
typedef struct nn_conv_winograd_train {
    bool back;
    nn_winograd kind;
    nn_conv2d_params params; // of the convolution
    nn_shape x, out;         // of one image
} nn_conv_winograd_train;

// The kind of small or of large tiles for a square kernel of 3 or 5; for 5 there is one.
nn_winograd nn_conv_winograd_train_kind(int kernel, bool large);
// Fills *f; false where direct convolution is faster, and for other kernels or strides.
bool nn_conv_winograd_train_find(nn_conv_winograd_train *f, const nn_conv_layout *l, bool back);
int64_t nn_conv_winograd_train_floats(const nn_conv_winograd_train *f, int64_t slice,
                                      int threads); // of memory
// Transforms the weights into `memory`, once for all slices.
void nn_conv_winograd_train_pack(const nn_conv_winograd_train *f, const nn_conv_run *r,
                                 float *memory);
// Convolves `images` images of the padded copy into the dense images `dense`; the gradient of x is
// added to them, unless it is unset.
void nn_conv_winograd_train_run(const nn_conv_winograd_train *f, const nn_conv_run *r,
                                const nn_conv_padded *padded, float *memory, float *dense,
                                int64_t images);

#endif
