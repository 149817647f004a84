// SPDX-License-Identifier: MIT
// Parameters of cum_sum.
#ifndef NN_OPS_CUM_SUM_H
#define NN_OPS_CUM_SUM_H

#include <stdint.h>

// cum_sum: sums of an axis up to each entry; without it (exclusive), from the end (reverse).
typedef struct nn_cum_sum_params {
    int32_t axis;
    int32_t exclusive;
    int32_t reverse;
} nn_cum_sum_params;

#endif
