// SPDX-License-Identifier: MIT
// Parameters of slice.
#ifndef NN_OPS_SLICE_H
#define NN_OPS_SLICE_H

#include <stdint.h>

// slice: elements begin, begin + step, ... before end along one axis. Negative begin and end count
// from the end of the axis; both are clamped to it, so that INT32_MAX is "to the end".
typedef struct nn_slice_params {
    int32_t axis, begin, end;
    int32_t step; // > 0
} nn_slice_params;

#endif
