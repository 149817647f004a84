// SPDX-License-Identifier: MIT
// Parameters of conv_transpose.
#ifndef NN_OPS_CONV_CONV_TRANSPOSE_H
#define NN_OPS_CONV_CONV_TRANSPOSE_H

#include <stdint.h>

// conv_transpose: x (N,C,H,W), weight (C,O/groups,KH,KW), bias (O) optional -> (N,O,OH,OW), the
// gradient of a convolution. OH = (H - 1) stride + dilation (KH - 1) + 1 + output_pad - the
// padding.
typedef struct nn_conv_transpose_params {
    int32_t stride[2], dilation[2], output_pad[2]; // y, x
    int32_t pad[4];                                // top, left, bottom, right
    int32_t groups;
} nn_conv_transpose_params;

#endif
