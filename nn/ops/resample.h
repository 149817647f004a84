// SPDX-License-Identifier: MIT
// Parameters of resample.
#ifndef NN_OPS_RESAMPLE_H
#define NN_OPS_RESAMPLE_H

#include <stdint.h>

// resample: x (N,C,H,W) -> (N,C,size). `place` gives the coordinate that output element i of an
// axis samples:
typedef enum nn_sample_place {
    NN_PLACE_HALF_PIXEL,       // (i + 0.5) / scale - 0.5
    NN_PLACE_HALF_PIXEL_TORCH, // the same; 0 when the size is 1
    NN_PLACE_CORNERS,          // i (in - 1) / (size - 1)
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

// The first and last of `in` elements of an axis (0: y) that element `at` of the output reads; none
// when *last is less than *first.
void nn_resample_reach(const nn_resample_params *p, int axis, int64_t in, int64_t at,
                       int64_t *first, int64_t *last);

#endif
