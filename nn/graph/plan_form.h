// SPDX-License-Identifier: MIT
// How the nodes of a compiled plan compute, for those who write them down as a program.
#ifndef NN_GRAPH_PLAN_FORM_H
#define NN_GRAPH_PLAN_FORM_H

#include "nn/graph/plan_options.h"

// Whether a run computes the node: not when it is constant, or merged into a quantised neighbour.
bool nn_plan_node_runs(const nn_plan *plan, int node);
// The value that it reads as input k, NN_NO_VALUE for none: its input, or the bytes behind it.
nn_value nn_plan_node_reads(const nn_plan *plan, int node, int k);
// The value that it writes: its output, or what a quantize_linear behind it makes of that.
nn_value nn_plan_node_writes(const nn_plan *plan, int node);
// How its inputs, and behind them its output, stand for whole numbers (nn_op_call.quantized). NULL:
// all is float32.
const nn_op_quantized *nn_plan_node_quantized(const nn_plan *plan, int node);
// The activation that it took over from the node behind it, beside the one in its parameters.
nn_act nn_plan_node_act(const nn_plan *plan, int node);
// Whether the value is kept as bytes.
bool nn_plan_value_is_bytes(const nn_plan *plan, nn_value v);
// Whether the value never changes. Its data is that of nn_plan_value (plan.h).
bool nn_plan_value_is_constant(const nn_plan *plan, nn_value v);

#endif
