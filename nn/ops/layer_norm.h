// SPDX-License-Identifier: MIT
// Parameters of layer_norm.
#ifndef NN_OPS_LAYER_NORM_H
#define NN_OPS_LAYER_NORM_H

#include <stdint.h>

// layer_norm: x (...,C), weight (C), bias (C) optional -> as x, over the last axis (Ba 2016).
typedef struct nn_layer_norm_params {
    float eps; // 1e-5
} nn_layer_norm_params;

#endif
