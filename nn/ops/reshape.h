// SPDX-License-Identifier: MIT
// Parameters of reshape.
#ifndef NN_OPS_RESHAPE_H
#define NN_OPS_RESHAPE_H

#include "nn/tensor/tensor.h"

// reshape: x, like (optional; only its shape is read, and is the result: the parameters are
// ignored). Otherwise the new dims; 0 copies the input's dim at the same place, one -1 takes what
// is left.
typedef struct nn_reshape_params {
    int32_t rank;
    int32_t dim[NN_MAX_RANK];
} nn_reshape_params;

#endif
