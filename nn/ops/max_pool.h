// SPDX-License-Identifier: MIT
// Parameters of max_pool and avg_pool.
#ifndef NN_OPS_MAX_POOL_H
#define NN_OPS_MAX_POOL_H

#include <stdint.h>

// max_pool, avg_pool: x (N,C,H,W) -> (N,C,OH,OW).
typedef struct nn_pool2d_params {
    int32_t kernel[2], stride[2]; // y, x
    int32_t pad[4];               // top, left, bottom, right
    int32_t ceil_mode; // torch's: last window must start inside the image or its left padding
    int32_t count_include_pad; // avg_pool: padding counts in the divisor
} nn_pool2d_params;

#endif
