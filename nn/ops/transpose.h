// SPDX-License-Identifier: MIT
// Parameters of transpose.
#ifndef NN_OPS_TRANSPOSE_H
#define NN_OPS_TRANSPOSE_H

#include "nn/tensor/tensor.h"

// transpose: axis i of the output is axis perm[i] of the input.
typedef struct nn_transpose_params {
    int32_t rank; // of the input
    int32_t perm[NN_MAX_RANK];
} nn_transpose_params;

#endif
