// SPDX-License-Identifier: MIT
// How a plan is made: for inference, for training, and what tests and tuning turn.
#ifndef NN_GRAPH_PLAN_OPTIONS_H
#define NN_GRAPH_PLAN_OPTIONS_H

#include "nn/base/api.h"
#include "nn/graph/model.h"
#include "nn/graph/pass.h"

typedef struct nn_plan nn_plan;
typedef struct nn_tuning_cache nn_tuning_cache; // tuning_cache.h
typedef struct nn_workspace nn_workspace;       // workspace.h

// Knobs of tests, benchmarks and tuning; zeroed: all passes, the cheapest implementations.
typedef struct nn_plan_knobs {
    unsigned disabled_passes; // nn_pass bits: rewrites that are left out
    int impl_index; // compiled: nodes take the implementation after this many cheaper ones, or
                    // their last
} nn_plan_knobs;

// Options of a plan for inference.
typedef struct nn_plan_options {
    nn_pool *pool;             // borrowed; NULL: one thread
    const nn_kernels *kernels; // NULL: nn_kernels_best()
    bool keep_values;          // every value stays readable after a run (taps)
    // The parameters stay constant from now on. So constant values are computed once, weights are
    // packed for their kernels, images are kept in channel blocks, and each node runs by the
    // cheapest implementation of its operator.
    bool compiled;
    bool exact; // compiled: only implementations that round like plain float32 sums: no Winograd,
                // no numbers split into two bfloat16 (AMX; off by 2^-17 of each at most)
    // The caller fills the inputs before every run. Their memory then also serves what is computed
    // after their last use, so that a run leaves nothing in them.
    bool refills;
    bool half; // compiled: weights may be stored as float16
    bool bf16; // compiled: convolutions and linear layers may multiply in bfloat16; not with exact
    // Compiled: the model that is planned. The data of parameters that runs do not read is freed as
    // soon as it is packed. Afterwards no other plan can be made of the model, even if this one
    // fails. NULL: all data stays.
    nn_model *release_weights_of;
    // Compiled, borrowed: memory that all plans of the model share; NULL: memory of its own. Not
    // with release_weights_of, nor with keep_values. nn_plan_input and nn_plan_output move when
    // another plan is made.
    nn_workspace *workspace;
    const nn_tuning_cache *tuning; // compiled: the fastest of each node, as measured; may be NULL
    nn_plan_knobs knobs;
} nn_plan_options;

// Not compiled, one thread, the kernels of this processor.
NN_API void nn_plan_options_init(nn_plan_options *o);

// Called by nn_plan_backward whenever more gradients are complete (backward.h).
typedef void nn_grads_ready(void *ctx, float *from);

// Options of a plan for training: values are kept for backward, gradients are allocated.
typedef struct nn_training_plan_options {
    nn_pool *pool;             // borrowed; NULL: one thread
    const nn_kernels *kernels; // NULL: nn_kernels_best()
    bool exact;                // only implementations that round like plain float32 sums
    bool input_grads;          // gradients of the inputs too
    // The network stays as it is: no gradients of parameters, no dropout, batch norms take their
    // running statistics and keep them. So the forward run is compiled. With input_grads, for those
    // who look into it (walk.h).
    bool fixed;
    // One for each parameter, read while planning; NULL: none. A frozen parameter gets no gradient,
    // and a batch norm whose scale is frozen takes its running statistics and keeps them.
    const bool *frozen;
    // Another training plan of the same model and the same `frozen`, which outlives this one: both
    // add to the same gradients of parameters. NULL: gradients of its own.
    const nn_plan *shared;
    const nn_op_allreduce *allreduce; // borrowed: sums batch statistics over processes; NULL: none
    // Which sample of a batch that processes share is the first one here; dropout depends on the
    // whole batch's order alone.
    int64_t batch_offset;
} nn_training_plan_options;

// One thread, the kernels of this processor, all parameters learn.
NN_API void nn_training_plan_options_init(nn_training_plan_options *o);

#endif
