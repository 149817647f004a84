// SPDX-License-Identifier: MIT
// Parameters of the operators that move elements: transpose, slice, gather, pad, tile,
// arg_max, non_max_suppression, resample.
#ifndef NN_OPS_COMMON_INDEXING_H
#define NN_OPS_COMMON_INDEXING_H

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

// non_max_suppression: boxes (N,B,4), scores (N,C,B) -> (N C most, 3): image, class and number of
// each box that is kept, image by image, class by class, best first; rows behind the last hold -1.
// `most` is at most B here. A box goes when its IoU with a better one kept is above the threshold.
typedef struct nn_nms_params {
    int32_t most;                         // of one class of one image
    float iou_threshold, score_threshold; // scores must be above
    int32_t centred; // boxes are x, y of the centre, width, height, not y, x, y, x of two corners
} nn_nms_params;

// resample: x (N,C,H,W) -> (N,C,size), sampled where `place` says for output element i of an axis:
typedef enum nn_sample_place {
    NN_PLACE_HALF_PIXEL,       // (i + 0.5) / scale - 0.5
    NN_PLACE_HALF_PIXEL_TORCH, // the same; 0 when the size is 1
    NN_PLACE_CORNERS,          // i (in - 1) / (scale in - 1)
    NN_PLACE_ASYMMETRIC,       // i / scale
    NN_PLACE_HALF_OUTPUT,      // (i + 0.5) / scale
    NN_PLACE_CROP,             // from crop[axis] to crop[2 + axis] of in - 1; `value` outside
} nn_sample_place;
typedef enum nn_sample_mode { NN_SAMPLE_NEAREST, NN_SAMPLE_LINEAR, NN_SAMPLE_CUBIC } nn_sample_mode;
typedef enum nn_sample_rounding {
    NN_ROUND_HALF_DOWN,
    NN_ROUND_HALF_UP,
    NN_ROUND_DOWN,
    NN_ROUND_UP
} nn_sample_rounding;
typedef struct nn_resample_params {
    int32_t mode, place, rounding; // rounding: nearest
    int32_t exclude_outside;       // samples outside weigh nothing instead of repeating the edge
    int32_t size[2];               // y, x; 0: floor(scale in), but for places that need it
    float scale[2];                // output elements per input element
    float crop[4];                 // y, x of the first and of the last sample
    float cubic;                   // coefficient a of Keys
    float value;
} nn_resample_params;

#endif
