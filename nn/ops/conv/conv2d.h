// SPDX-License-Identifier: MIT
// Parameters of conv2d.
#ifndef NN_OPS_CONV_CONV2D_H
#define NN_OPS_CONV_CONV2D_H

#include <stdint.h>

// conv2d: x (N,C,H,W), weight (O,C/groups,KH,KW), bias (O) optional, skip (as the output) optional
// -> (N,O,OH,OW), act(conv(x) + bias + skip). skip is set by rewrites and has no backward.
// OH = (H + pad_top + pad_bottom - dilation (KH - 1) - 1) / stride + 1. The weight may be any
// value. act is applied to the sum; it is set by rewrites and has no backward unless NN_ACT_NONE.
typedef struct nn_conv2d_params {
    int32_t stride[2], dilation[2]; // y, x
    int32_t pad[4]; // top, left, bottom, right; pad[0] = -1: "same", dilation (K - 1) / 2 all round
    int32_t groups;
    int32_t act; // nn_act
} nn_conv2d_params;

#endif
