// SPDX-License-Identifier: MIT
// Parameters of gather.
#ifndef NN_OPS_GATHER_H
#define NN_OPS_GATHER_H

#include <stdint.h>

// gather: x, indices (whole numbers; negative ones count from the end, others outside are clamped)
// -> x with `axis` replaced by the dims of the indices.
typedef struct nn_gather_params {
    int32_t axis;
} nn_gather_params;

#endif
