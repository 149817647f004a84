// SPDX-License-Identifier: MIT
// How the range of a value is chosen from what calibration saw of it.
#ifndef NN_QUANTIZE_METHOD_H
#define NN_QUANTIZE_METHOD_H

#include "nn/base/api.h"

typedef enum nn_range_method {
    NN_RANGE_MINMAX,     // everything that was seen
    NN_RANGE_MSE,        // the least squared error of rounding and clamping together
    NN_RANGE_PERCENTILE, // all but the 0.005 % at each end
    // the least Kullback-Leibler divergence of what 256 levels keep from what was there
    // (Migacz 2017, 8-bit inference with TensorRT)
    NN_RANGE_ENTROPY,
    NN_RANGE_METHODS
} nn_range_method;

// "minmax", "mse", "percentile", "entropy"; ends with NULL.
NN_API extern const char *const nn_range_method_names[];

#endif
