// SPDX-License-Identifier: MIT
// Parameters of adaptive_avg_pool.
#ifndef NN_OPS_ADAPTIVE_AVG_POOL_H
#define NN_OPS_ADAPTIVE_AVG_POOL_H

#include <stdint.h>

// adaptive_avg_pool: x (N,C,H,W) -> (N,C,size[0],size[1]); torch's windows: output i is the mean of
// inputs floor(i H / size) to ceil((i + 1) H / size).
typedef struct nn_adaptive_pool_params {
    int32_t size[2]; // y, x
} nn_adaptive_pool_params;

#endif
