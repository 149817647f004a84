// SPDX-License-Identifier: MIT
// Which pixels of an image a resized one reads.
#ifndef NN_OPS_COMMON_RESIZE_TAPS_H
#define NN_OPS_COMMON_RESIZE_TAPS_H

#include "nn/ops/op.h"
#include "nn/ops/resize.h"

// Axis 0 (y) or 1 (x) of a resize of `in` pixels to `out`. `like`: the node has an input 1.
typedef struct nn_resize_axis {
    const nn_resize_params *params;
    bool like;
    int axis;
    int64_t in, out;
} nn_resize_axis;

nn_resize_axis nn_resize_axis_of(const nn_op_call *call, int axis);

// What pixel `at` of the output reads: two pixels, and how much of the second.
nn_nchw8c_tap nn_resize_find_tap(const nn_resize_axis *a, int64_t at);
// The same for all of them.
void nn_resize_find_taps(const nn_op_call *call, int axis, nn_nchw8c_tap *taps);

#endif
