// SPDX-License-Identifier: MIT
// Parameters of flatten.
#ifndef NN_OPS_FLATTEN_H
#define NN_OPS_FLATTEN_H

#include <stdint.h>

// flatten: merges the axes from `axis` on into one.
typedef struct nn_flatten_params {
    int32_t axis;
} nn_flatten_params;

#endif
