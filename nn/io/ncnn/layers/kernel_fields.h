// SPDX-License-Identifier: MIT
// Kernel, stride, dilation and padding of ncnn layers that slide over images.
#ifndef NN_IO_NCNN_LAYERS_KERNEL_FIELDS_H
#define NN_IO_NCNN_LAYERS_KERNEL_FIELDS_H

#include "nn/io/ncnn/import.h"

// TensorFlow's padding, whose odd pixel is behind (upper) or before (lower) the image.
typedef enum nn_ncnn_same { NN_NCNN_PADS, NN_NCNN_SAME_UPPER, NN_NCNN_SAME_LOWER } nn_ncnn_same;

typedef struct nn_ncnn_kernel {
    int kernel[2], stride[2], dilation[2]; // y, x
    int pad[4];                            // top, left, bottom, right
    nn_ncnn_same same;                     // pad is 0 then
} nn_ncnn_kernel;

// Of a convolution's fields. Kernels and strides are positive unless it failed.
nn_ncnn_kernel nn_ncnn_read_kernel(nn_ncnn_node *n);
// The fields of kernel, stride and padding at these numbers, that of y 10 behind that of x.
void nn_ncnn_read_pair(nn_ncnn_node *n, int id, int otherwise, int smallest, int out[2]);

// A matrix as an image of one channel; images as they are. Fails for all else.
nn_ncnn_value nn_ncnn_as_image(nn_ncnn_node *n, nn_ncnn_value x);
// The pads that the window has on this image: top, left, bottom, right.
void nn_ncnn_place_kernel(nn_ncnn_node *n, const nn_ncnn_value *x, const nn_ncnn_kernel *w,
                          int32_t pad[4]);
// The image padded with `value`; the window has no padding any more.
nn_ncnn_value nn_ncnn_pad_for_kernel(nn_ncnn_node *n, nn_ncnn_value x, nn_ncnn_kernel *w,
                                     float value);
nn_ncnn_value nn_ncnn_pad_image(nn_ncnn_node *n, const char *suffix, nn_ncnn_value x,
                                const int32_t pad[4], float value);

#endif
