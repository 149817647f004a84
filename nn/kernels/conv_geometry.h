// SPDX-License-Identifier: MIT
// The geometry of a 2-d convolution, for the kernels on dense planes.
#ifndef NN_KERNELS_CONV_GEOMETRY_H
#define NN_KERNELS_CONV_GEOMETRY_H

#include <stdint.h>

// One 2-d convolution over a channels x in_h x in_w image.
typedef struct nn_conv_geometry {
    int channels, in_h, in_w, out_h, out_w;
    int kernel_h, kernel_w, stride_h, stride_w;
    int pad_top, pad_left; // pixels outside the image are zero
    int dilation_h, dilation_w;
} nn_conv_geometry;

// First output column whose source column, offset + stride * column, is >= `bound`, within [0, n].
static inline int64_t nn_conv_first_column(int64_t bound, int64_t offset, int64_t stride, int64_t n)
{
    int64_t x = bound - offset;
    x = x <= 0 ? 0 : (x + stride - 1) / stride;
    return x < n ? x : n;
}

#endif
