// SPDX-License-Identifier: MIT
// Parameters of gather_nd.
#ifndef NN_OPS_GATHER_ND_H
#define NN_OPS_GATHER_ND_H

#include <stdint.h>

// gather_nd: x, indices -> slices of x. The last axis of the indices holds places on the axes of x
// (whole numbers as gather takes them), behind the first `batch` ones, which both share.
typedef struct nn_gather_nd_params {
    int32_t batch;
} nn_gather_nd_params;

#endif
