// SPDX-License-Identifier: MIT
// Parameters of top_k.
#ifndef NN_OPS_TOP_K_H
#define NN_OPS_TOP_K_H

#include <stdint.h>

// top_k: x -> places on `axis` of its k largest elements (smallest: of the smallest), in that
// order, of equal ones the first; NaN counts as the largest. gather_elements picks the elements.
// Has no gradient.
typedef struct nn_top_k_params {
    int32_t axis;
    int32_t k;
    int32_t smallest;
} nn_top_k_params;

#endif
