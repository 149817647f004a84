// SPDX-License-Identifier: MIT
// Private to walks: convolutions' input gradients as convolutions of compiled plans.
#ifndef NN_GRAPH_WALK_CONVS_H
#define NN_GRAPH_WALK_CONVS_H

#include "nn/graph/walk.h"

typedef struct nn_walk_conv nn_walk_conv;

// The gradient of input 0 of node i; *conv NULL: the node is no convolution, or not of this kind.
nn_status nn_walk_convs_take(nn_walk_convs *c, int i, nn_walk_conv **conv, nn_error *err);
// Adds the gradient to call->grad_in[0]; `fresh`: writes it.
void nn_walk_conv_run(nn_walk_conv *conv, const nn_op_call *call, bool fresh);

#endif
