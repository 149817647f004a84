// SPDX-License-Identifier: MIT
// A model made runnable for given input shapes: shapes inferred, memory planned once, run many
// times.
#ifndef NN_GRAPH_PLAN_H
#define NN_GRAPH_PLAN_H

#include "nn/base/api.h"
#include "nn/graph/plan_options.h"

// Plans `model` (borrowed, must outlive the plan) for these input shapes. Parameters are read where
// they lie, so that changing them changes the next run (but not of a compiled plan). `options` may
// be NULL. NN_ESHAPE names the
// node that the input size does not suit. NN_EINVAL: the data of parameters is gone.
NN_API nn_status nn_plan_new(nn_plan **out, const nn_model *model, const nn_shape *inputs,
                             int n_inputs, const nn_plan_options *options, nn_error *err);
// The same for training: what is in backward.h works on it.
NN_API nn_status nn_plan_new_training(nn_plan **out, const nn_model *model, const nn_shape *inputs,
                                      int n_inputs, const nn_training_plan_options *options,
                                      nn_error *err);
NN_API void nn_plan_free(nn_plan *plan);

// Tensors owned by the plan, in graph order. Fill the inputs, run, read the outputs. A run
// allocates nothing and cannot fail. One thread at a time per plan.
NN_API const nn_tensor *nn_plan_input(const nn_plan *plan, int i);
NN_API const nn_tensor *nn_plan_output(const nn_plan *plan, int i);
NN_API void nn_plan_run(nn_plan *plan);

// Any value after a run: always in training or keep_values plans; otherwise NULL unless it is an
// input, output or parameter (that is not freed). Its shape is always valid through nn_plan_shape.
NN_API const nn_tensor *nn_plan_value(const nn_plan *plan, nn_value v);
NN_API const nn_shape *nn_plan_shape(const nn_plan *plan, nn_value v);

// Seed of the next run's dropout; a step counter.
NN_API void nn_plan_set_step(nn_plan *plan, uint64_t step);

// --- facts ---
NN_API size_t
nn_plan_bytes(const nn_plan *plan); // activations, gradients and scratch; not the parameters
// The part of these that is packed parameters; plans of workspaces beside each other share it.
size_t nn_plan_packed_bytes(const nn_plan *plan);
// Compiled plans: the most bytes that the plan and all parameters of the model took together while
// it was made; other plans: what they take.
NN_API size_t nn_plan_peak_bytes(const nn_plan *plan);
NN_API double nn_plan_macs(const nn_plan *plan); // multiply-accumulates of one run
NN_API double nn_plan_node_macs(const nn_plan *plan, int node);
// How the node is run: "forward", the name of an implementation, "joined" (a concatenation without
// a copy), "viewed" (channels that are read where they lie), "picked" (channels copied from there)
// "folded" (constant) or "merged" (into a neighbour). Static text.
NN_API const char *nn_plan_node_impl(const nn_plan *plan, int node);
// Nodes whose implementation in options->tuning is not known: another version measured it. They run
// with the cheapest one.
NN_API int nn_plan_untuned(const nn_plan *plan);
// The most implementations that a node can choose among.
int nn_plan_impl_count(const nn_plan *plan);
// Seconds that each node took in the last run, when timing was switched on (for tables).
NN_API void nn_plan_set_timing(nn_plan *plan, bool on);
NN_API double nn_plan_node_seconds(const nn_plan *plan, int node);

#endif
