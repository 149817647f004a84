// SPDX-License-Identifier: MIT
// Kernel, stride and padding of ONNX convolutions and pools, which have one to three spatial dims.
#ifndef NN_IO_ONNX_IMPORT_KERNEL_ATTRIBUTES_H
#define NN_IO_ONNX_IMPORT_KERNEL_ATTRIBUTES_H

#include "nn/io/onnx/onnx_import.h"

enum { NN_ONNX_Z, NN_ONNX_Y, NN_ONNX_X, NN_ONNX_AXES };

// Axes that are not there have kernel, stride and dilation 1.
typedef struct nn_onnx_kernel {
    int32_t kernel[NN_ONNX_AXES], stride[NN_ONNX_AXES], dilation[NN_ONNX_AXES];
    int32_t begin[NN_ONNX_AXES], end[NN_ONNX_AXES]; // padding
    bool same, same_upper;                          // padding is to be found by nn_onnx_pad_same
} nn_onnx_kernel;

// N x C x W as N x C x 1 x W, and a result back to what `x` was; more axes stay. Others fail.
const nn_onnx_value *nn_onnx_as_image(nn_onnx_node *n, const nn_onnx_value *x);
const nn_onnx_value *nn_onnx_as_before(nn_onnx_node *n, const nn_onnx_value *y,
                                       const nn_onnx_value *x);
// Reads the attributes for an input of `rank`. The spatial dims of `weight` replace kernel_shape
// unless it is NULL.
nn_onnx_kernel nn_onnx_read_kernel(nn_onnx_node *n, int rank, const nn_shape *weight);
// One attribute for each of `dims` axes; the others get `filling`.
void nn_onnx_read_axes(nn_onnx_node *n, const char *name, int dims, int32_t filling,
                       int32_t out[NN_ONNX_AXES]);
void nn_onnx_pad_same(nn_onnx_kernel *w, const nn_shape *image);

// A convolution with the attributes of the node: data, weight, and a bias or NULL.
const nn_onnx_value *nn_onnx_put_conv(nn_onnx_node *n);
// A mean pool of input 0 with the attributes of the node.
const nn_onnx_value *nn_onnx_put_average_pool(nn_onnx_node *n);
// A matrix product with numpy's rules for vectors.
const nn_onnx_value *nn_onnx_put_matmul(nn_onnx_node *n, const nn_onnx_value *a,
                                        const nn_onnx_value *b);

// Of N x C x D x H x W, in steps of images.
const nn_onnx_value *nn_onnx_conv_volume(nn_onnx_node *n, const nn_onnx_value *x,
                                         const nn_onnx_value *weight, const nn_onnx_value *bias,
                                         const nn_onnx_kernel *w, int32_t groups);
const nn_onnx_value *
nn_onnx_conv_transpose_volume(nn_onnx_node *n, const nn_onnx_value *x, const nn_onnx_value *weight,
                              const nn_onnx_value *bias, const nn_onnx_kernel *w,
                              const int32_t output_pad[NN_ONNX_AXES], int32_t groups);

// `x` with zeros, or `value`, around one axis.
const nn_onnx_value *nn_onnx_pad_axis(nn_onnx_node *n, const nn_onnx_value *x, int axis,
                                      int32_t begin, int32_t end, float value);

#endif
