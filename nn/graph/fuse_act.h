// SPDX-License-Identifier: MIT
// Finds the activation that follows a value, also where it is spelled out in several nodes.
#ifndef NN_GRAPH_FUSE_ACT_H
#define NN_GRAPH_FUSE_ACT_H

#include "nn/graph/model.h"

// The readers of each value of a graph.
typedef struct nn_uses {
    const nn_model *model;
    const int *count;       // readers of each value; a graph output counts as more than one
    const int *reader;      // the last node that reads each value
    const nn_shape *shapes; // of all values; NULL: not known
} nn_uses;

enum { NN_FUSED_INNER = 4 };

typedef struct nn_fused_act {
    nn_act act;
    int last; // the node whose value is the result; -1: not an activation of nn_act
    int inner[NN_FUSED_INNER], inner_count; // nodes between, which only this activation needs
} nn_fused_act;

// The activation of v, when nothing else reads v. Finds hard swish in parts too: x clip(x + 3, 0,
// 6) / 6 in either order, and x hard_sigmoid(x). And SiLU, Mish, and GELU as 0.5 x (1 +
// erf(x / sqrt 2)).
nn_fused_act nn_fuse_find_act(const nn_uses *u, nn_value v);

#endif
