// SPDX-License-Identifier: MIT
// Parameters of concat.
#ifndef NN_OPS_CONCAT_H
#define NN_OPS_CONCAT_H

#include <stdint.h>

// concat: joins 1 or more inputs along `axis`; all other dims must be equal.
typedef struct nn_concat_params {
    int32_t axis;
} nn_concat_params;

#endif
