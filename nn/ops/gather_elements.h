// SPDX-License-Identifier: MIT
// Parameters of gather_elements.
#ifndef NN_OPS_GATHER_ELEMENTS_H
#define NN_OPS_GATHER_ELEMENTS_H

#include <stdint.h>

// gather_elements: x, indices of the same rank (whole numbers as gather takes them) -> elements of
// x, shaped as the indices: each is where its index stands, with the index as its place on `axis`.
typedef struct nn_gather_elements_params {
    int32_t axis;
} nn_gather_elements_params;

#endif
