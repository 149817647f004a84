// SPDX-License-Identifier: MIT
// Parameters of dropout.
#ifndef NN_OPS_DROPOUT_H
#define NN_OPS_DROPOUT_H

#include <stdint.h>

// dropout: each element, or with `per_sample` each sample as a whole (stochastic depth, Huang
// 2016), is zeroed with probability p in training and the kept ones divided by 1 - p.
typedef struct nn_dropout_params {
    float p;
    int32_t per_sample;
} nn_dropout_params;

#endif
