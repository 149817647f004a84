// SPDX-License-Identifier: MIT
// Finds a layer norm that is spelled out in several nodes, as exporters of opsets before 17 write
// it.
#ifndef NN_GRAPH_FUSE_NORM_H
#define NN_GRAPH_FUSE_NORM_H

#include "nn/graph/fuse_act.h"

enum { NN_FUSED_NORM_INNER = 10 };

// (x - mean x) / sqrt(mean (x - mean x)^2 + eps) weight + bias, over the last axis.
typedef struct nn_fused_norm {
    nn_value x, weight, bias;
    float eps;
    int inner[NN_FUSED_NORM_INNER], inner_count; // nodes that only this norm needs
} nn_fused_norm;

// Whether the value of node `last`, the sum with the bias, is such a norm. `shapes` are those of
// all values.
bool nn_fuse_find_norm(const nn_uses *u, const nn_shape *shapes, int last, nn_fused_norm *found);

#endif
