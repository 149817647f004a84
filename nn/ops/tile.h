// SPDX-License-Identifier: MIT
// Parameters of tile.
#ifndef NN_OPS_TILE_H
#define NN_OPS_TILE_H

#include "nn/tensor/tensor.h"

// tile: repeats the input along each axis, one copy behind the other.
typedef struct nn_tile_params {
    int32_t rank; // of the input
    int32_t repeats[NN_MAX_RANK];
} nn_tile_params;

#endif
