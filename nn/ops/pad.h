// SPDX-License-Identifier: MIT
// Parameters of pad.
#ifndef NN_OPS_PAD_H
#define NN_OPS_PAD_H

#include "nn/tensor/tensor.h"

// pad: elements before and behind each axis; negative counts cut off.
typedef enum nn_pad_mode { NN_PAD_CONSTANT, NN_PAD_REFLECT, NN_PAD_EDGE } nn_pad_mode;
typedef struct nn_pad_params {
    int32_t rank; // of the input
    int32_t begin[NN_MAX_RANK], end[NN_MAX_RANK];
    int32_t mode; // nn_pad_mode
    float value;  // constant
} nn_pad_params;

#endif
