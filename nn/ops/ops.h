// SPDX-License-Identifier: MIT
// The operators of the engine and their parameters, which are in the header beside each operator's
// file: inputs listed as name (shape), then the output. Operators without a header have none: the
// activations, add and mul (a, b with broadcasting, numpy's rules), elastic_kernel.
#ifndef NN_OPS_OPS_H
#define NN_OPS_OPS_H

#include "nn/ops/op.h"

#include "nn/ops/ops_headers.inc"

// Names of nn_act, ended by NULL: for the field tables.
extern const char *const nn_act_names[NN_ACT_COUNT + 1];

// An activation as a node of its own: the operator, its parameters (NULL: none), and the operator
// without attributes that it is in ONNX (NULL: none, or not in all versions).
typedef struct nn_act_node {
    const nn_op *op; // NULL for NN_ACT_NONE
    const nn_pointwise_params *params;
    const char *onnx;
} nn_act_node;
const nn_act_node *nn_act_node_of(nn_act act);
// The activation that a node is; NN_ACT_NONE when it is none.
nn_act nn_act_of_node(const nn_op *op, const void *params);

#define NN_OP(word) extern const nn_op nn_op_##word;
#define ROW(word, ...) NN_OP(word)
#include "nn/ops/ops.inc"
NN_ACT_OPS(ROW)
#undef ROW
#undef NN_OP

#endif
