// SPDX-License-Identifier: MIT
// Parameters of linear.
#ifndef NN_OPS_LINEAR_LINEAR_H
#define NN_OPS_LINEAR_LINEAR_H

#include <stdint.h>

// linear: x (N,...,I), weight (O,I), bias (O) optional -> (N,...,O).
typedef struct nn_linear_params {
    int32_t act;
} nn_linear_params;

#endif
