// SPDX-License-Identifier: MIT
// Parameters of batch_norm.
#ifndef NN_OPS_BATCH_NORM_H
#define NN_OPS_BATCH_NORM_H

#include <stdint.h>

// batch_norm: x (N,C,...), weight (C), bias (C), running_mean (C), running_var (C) -> as x.
// Ioffe, Szegedy 2015. Training uses batch statistics and moves the running ones (unbiased
// variance). act is applied to the result; it is set by rewrites and has no backward unless
// NN_ACT_NONE.
typedef struct nn_batch_norm_params {
    float eps;      // 1e-5
    float momentum; // 0.1: running = (1 - momentum) running + momentum batch
    int32_t act;    // nn_act
} nn_batch_norm_params;

#endif
