// SPDX-License-Identifier: MIT
// Backward rules of methods, in the place of operators' own backward functions.
#ifndef NN_EXPLAIN_RULES_H
#define NN_EXPLAIN_RULES_H

#include "nn/graph/walk.h"

// Whether a node is a rectifier: an activation that passes what is positive and stops or dampens
// what is negative (ReLU and its successors; sigmoids and tanh are gates and are not).
bool nn_rule_is_rectifier(const nn_node_info *node);

// gx += max(gy, 0), whatever the input was (Zeiler and Fergus 2014, section 2.1).
void nn_rule_rectify(const nn_op_call *call);
// The operator's own backward of max(gy, 0) (Springenberg 2015, section 3.4); `op` is the node's.
nn_backward_fn *nn_rule_guided(const nn_node_info *node);
// gx += gy.
void nn_rule_pass(const nn_op_call *call);

#endif
