// SPDX-License-Identifier: MIT
// A model made runnable for given input shapes: shapes inferred, memory planned once, run many
// times.
#ifndef NN_GRAPH_PLAN_H
#define NN_GRAPH_PLAN_H

#include "nn/base/api.h"
#include "nn/graph/model.h"
#include "nn/graph/pass.h"

typedef struct nn_plan nn_plan;
typedef struct nn_choices nn_choices; // tune.h

typedef struct nn_plan_options {
    bool training;    // keep what backward needs, allocate gradients
    bool input_grads; // training: gradients of the inputs too
    // Training: one for each parameter, read while planning; NULL: none. A frozen parameter gets no
    // gradient, and a batch norm whose scale is frozen takes its running statistics and keeps them.
    const bool *frozen;
    // Training: another training plan of the same model and the same `frozen`, which outlives this
    // one: both add to the same gradients of parameters. NULL: gradients of its own.
    const nn_plan *shared;
    const nn_op_allreduce
        *sum; // training: batch norms take their statistics from all processes; borrowed
    // Training: which sample of a batch that processes share is the first one here; dropout depends
    // on the whole batch's order alone.
    int64_t first;
    bool keep_values; // every value stays readable after a run (taps)
    // For inference with parameters that do not change any more: what is constant is computed once,
    // weights are brought into the order that their kernels want, images are kept in channel blocks
    // and each node runs by the cheapest implementation of its op.
    bool compiled;
    bool exact;       // compiled, training: only implementations that round like plain float32 sums
    bool half;        // compiled: weights may be stored as float16
    unsigned without; // rewrites that are left out: nn_pass bits
    int rank; // compiled: nodes take the implementation after this many cheaper ones, or their last
    // Compiled: the model that is planned, to free the data of parameters that runs do not read, as
    // soon as it is in the order of their kernels. No other plan can be made of the model then,
    // also if this one fails. NULL: all data stays.
    nn_model *consumed;
    const nn_choices
        *choices;  // compiled: implementations measured to be fastest, by node; may be NULL
    nn_pool *pool; // borrowed; may be NULL
    const nn_kernels *kernels; // NULL: nn_kernels_best()
} nn_plan_options;

// Plans `model` (borrowed, must outlive the plan) for these input shapes. Parameters are read where
// they lie, so that changing them changes the next run (but not of a compiled plan). `options` may
// be NULL. NN_ESHAPE names the
// node that the input size does not suit. NN_EINVAL: the data of parameters is gone.
NN_API nn_status nn_plan_new(nn_plan **out, const nn_model *model, const nn_shape *inputs,
                             int n_inputs, const nn_plan_options *options, nn_error *err);
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

// --- training plans ---
// Gradient of the loss with respect to output i: written by the caller before nn_plan_backward.
NN_API const nn_tensor *nn_plan_output_grad(const nn_plan *plan, int i);
// Gradient of parameter i, ADDED to by nn_plan_backward; data NULL for buffers and frozen ones.
const nn_tensor *nn_plan_param_grad(const nn_plan *plan, int i);
// Gradient of input i after nn_plan_backward; NULL unless options->input_grads.
const nn_tensor *nn_plan_input_grad(const nn_plan *plan, int i);
// The gradients of all parameters as they lie in memory, in the order of the parameters; there may
// be zeros between them.
float *nn_plan_param_grads(const nn_plan *plan, int64_t *count);
// From now on nn_plan_backward calls `ready` while it walks whenever more gradients are complete:
// those from `from` to the end of nn_plan_param_grads. NULL: nobody wants to know.
typedef void nn_grads_ready(void *ctx, float *from);
void nn_plan_on_grads(nn_plan *plan, nn_grads_ready *ready, void *ctx);
// Sets the parameter gradients to zero.
NN_API void nn_plan_zero_grads(nn_plan *plan);
// Walks the graph backwards from the output gradients; call after nn_plan_run on the same inputs.
NN_API void nn_plan_backward(nn_plan *plan);
// Seed of the next run's dropout; a step counter.
NN_API void nn_plan_set_step(nn_plan *plan, uint64_t step);

// --- facts ---
NN_API size_t
nn_plan_bytes(const nn_plan *plan); // activations, gradients and scratch; not the parameters
// Compiled plans: the most bytes that the plan and all parameters of the model took together while
// it was made; other plans: what they take.
NN_API size_t nn_plan_peak_bytes(const nn_plan *plan);
NN_API double nn_plan_macs(const nn_plan *plan); // multiply-accumulates of one run
NN_API double nn_plan_node_macs(const nn_plan *plan, int node);
// How the node is run: "forward", the name of an implementation, "joined" (a concatenation without
// a copy), "viewed" (channels that are read where they lie), "picked" (channels copied from there)
// or "folded" (constant). Static text.
NN_API const char *nn_plan_node_impl(const nn_plan *plan, int node);
// The most implementations that a node can choose among.
int nn_plan_ranks(const nn_plan *plan);
// Seconds that each node took in the last run, when timing was switched on (for tables).
NN_API void nn_plan_set_timing(nn_plan *plan, bool on);
NN_API double nn_plan_node_seconds(const nn_plan *plan, int node);

#endif
