// SPDX-License-Identifier: MIT
// Training plans: gradients, and the walk backwards that fills them.
#ifndef NN_GRAPH_BACKWARD_H
#define NN_GRAPH_BACKWARD_H

#include "nn/base/api.h"
#include "nn/graph/plan_options.h"

// Gradient of the loss with respect to output i: written by the caller before nn_plan_backward.
NN_API const nn_tensor *nn_plan_output_grad(const nn_plan *plan, int i);
// Gradient of parameter i, ADDED to by nn_plan_backward; data NULL for buffers and frozen ones.
const nn_tensor *nn_plan_param_grad(const nn_plan *plan, int i);
// The gradients of all parameters as they lie in memory, in the order of the parameters; there may
// be zeros between them.
float *nn_plan_param_grads(const nn_plan *plan, int64_t *count);
// From now on nn_plan_backward calls `ready` whenever more gradients are complete: those from
// `from` to the end of nn_plan_param_grads. NULL: no call.
void nn_plan_on_grads(nn_plan *plan, nn_grads_ready *ready, void *ctx);
// Sets the parameter gradients to zero.
NN_API void nn_plan_zero_grads(nn_plan *plan);
// Walks the graph backwards from the output gradients; call after nn_plan_run on the same inputs.
NN_API void nn_plan_backward(nn_plan *plan);
// Seconds of the last walk in each node, with the zeros that gradients start from, when
// nn_plan_set_timing was switched on.
double nn_plan_node_backward_seconds(const nn_plan *plan, int node);

#endif
