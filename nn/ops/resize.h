// SPDX-License-Identifier: MIT
// Parameters of resize.
#ifndef NN_OPS_RESIZE_H
#define NN_OPS_RESIZE_H

#include <stdbool.h>
#include <stdint.h>

// resize: x (N,C,H,W) -> (N,C,OH,OW). OH and OW are `size` when it is given (> 0), else
// floor(H * scale) and floor(W * scale).
typedef enum nn_resize_mode { NN_RESIZE_NEAREST, NN_RESIZE_BILINEAR } nn_resize_mode;
typedef struct nn_resize_params {
    int32_t mode;
    int32_t size[2]; // y, x; 0: use scale. An input 1 is a value whose H and W are the target
    float scale[2];
    int32_t
        align_corners; // bilinear: corner pixels map to each other; otherwise half-pixel centres
} nn_resize_params;

// The first and last of `in` elements of an axis (0: y) that element `at` of the `out` resized ones
// reads. `like`: the node has an input 1.
void nn_resize_reach(const nn_resize_params *p, bool like, int axis, int64_t in, int64_t out,
                     int64_t at, int64_t *first, int64_t *last);

#endif
