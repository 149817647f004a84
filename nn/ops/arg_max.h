// SPDX-License-Identifier: MIT
// Parameters of arg_max.
#ifndef NN_OPS_ARG_MAX_H
#define NN_OPS_ARG_MAX_H

#include <stdint.h>

// arg_max: index of the largest (or smallest) element along an axis, as a whole number.
typedef struct nn_arg_max_params {
    int32_t axis, keep_dims;
    // min: the smallest element instead; last: the last of equal ones instead of the first
    int32_t min, last;
} nn_arg_max_params;

#endif
