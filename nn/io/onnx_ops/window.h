// SPDX-License-Identifier: MIT
// Kernel, stride and padding of ONNX convolutions and pools, which may have one spatial dim or two.
#ifndef NN_IO_ONNX_OPS_WINDOW_H
#define NN_IO_ONNX_OPS_WINDOW_H

#include "nn/io/onnx_import.h"

typedef struct nn_onnx_window {
    int32_t kernel[2], stride[2], dilation[2]; // y, x
    int32_t pad[4];                            // top, left, bottom, right
    bool same, same_upper;                     // padding is to be found by nn_onnx_pad_same
} nn_onnx_window;

// N x C x W as N x C x 1 x W, and a result back to what `x` was. Others fail.
const nn_onnx_value *nn_onnx_as_image(nn_onnx_node *n, const nn_onnx_value *x);
const nn_onnx_value *nn_onnx_as_before(nn_onnx_node *n, const nn_onnx_value *y,
                                       const nn_onnx_value *x);
// Reads the attributes for an input of `rank`. `kernel` (y, x) replaces kernel_shape unless NULL.
nn_onnx_window nn_onnx_read_window(nn_onnx_node *n, int rank, const int64_t *kernel);
void nn_onnx_pad_same(nn_onnx_window *w, const nn_shape *image);

#endif
