// SPDX-License-Identifier: MIT
// Parameters of the operators that move elements: transpose, slice, gather, pad, tile, arg_max.
#ifndef NN_OPS_INDEXING_H
#define NN_OPS_INDEXING_H

#include "nn/tensor/tensor.h"

// transpose: axis i of the output is axis perm[i] of the input.
typedef struct nn_transpose_params {
    int32_t rank; // of the input
    int32_t perm[NN_MAX_RANK];
} nn_transpose_params;

// slice: elements begin, begin + step, ... before end along one axis. Negative begin and end count
// from the end of the axis; both are clamped to it, so that INT32_MAX is "to the end".
typedef struct nn_slice_params {
    int32_t axis, begin, end;
    int32_t step; // > 0
} nn_slice_params;

// gather: x, indices (whole numbers; negative ones count from the end, others outside are clamped)
// -> x with `axis` replaced by the dims of the indices.
typedef struct nn_gather_params {
    int32_t axis;
} nn_gather_params;

// pad: elements before and behind each axis; negative counts cut off.
typedef enum nn_pad_mode { NN_PAD_CONSTANT, NN_PAD_REFLECT, NN_PAD_EDGE } nn_pad_mode;
typedef struct nn_pad_params {
    int32_t rank; // of the input
    int32_t begin[NN_MAX_RANK], end[NN_MAX_RANK];
    int32_t mode; // nn_pad_mode
    float value;  // constant
} nn_pad_params;

// tile: each axis as often as it says, one copy behind the other.
typedef struct nn_tile_params {
    int32_t rank; // of the input
    int32_t repeats[NN_MAX_RANK];
} nn_tile_params;

// arg_max: index of the largest (or smallest) element along an axis, as a whole number.
typedef struct nn_arg_max_params {
    int32_t axis, keep_dims;
    int32_t min, last; // the smallest; the last of equal ones instead of the first
} nn_arg_max_params;

#endif
