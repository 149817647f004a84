// SPDX-License-Identifier: MIT
// Parameters of scatter_nd.
#ifndef NN_OPS_SCATTER_ND_H
#define NN_OPS_SCATTER_ND_H

#include <stdint.h>

// scatter_nd: x, indices (as gather_nd takes them), updates shaped as the slices that the indices
// mean -> x with each slice joined with its update. Has no gradient.
typedef struct nn_scatter_nd_params {
    int32_t kind; // nn_scatter
} nn_scatter_nd_params;

#endif
