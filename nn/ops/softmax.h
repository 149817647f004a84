// SPDX-License-Identifier: MIT
// Parameters of softmax.
#ifndef NN_OPS_SOFTMAX_H
#define NN_OPS_SOFTMAX_H

#include <stdint.h>

// softmax, over one axis.
typedef struct nn_softmax_params {
    int32_t axis;
} nn_softmax_params;

#endif
