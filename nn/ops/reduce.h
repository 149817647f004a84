// SPDX-License-Identifier: MIT
// Parameters of reduce.
#ifndef NN_OPS_REDUCE_H
#define NN_OPS_REDUCE_H

#include <stdint.h>

// reduce: mean, max or sum over the axes in the bit mask -> the axes kept with size 1 or removed.
// Global average pooling is mean over axes 2 and 3. The gradient of max goes to the first maximum
// (over channels) and is split evenly among equal maxima the way torch's amax does.
typedef enum nn_reduce { NN_REDUCE_MEAN, NN_REDUCE_MAX, NN_REDUCE_SUM } nn_reduce;
typedef struct nn_reduce_params {
    int32_t kind; // nn_reduce
    int32_t axes; // bit i: axis i
    int32_t keep_dims;
} nn_reduce_params;

#endif
