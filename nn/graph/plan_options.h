// SPDX-License-Identifier: MIT
// How a plan is made.
#ifndef NN_GRAPH_PLAN_OPTIONS_H
#define NN_GRAPH_PLAN_OPTIONS_H

#include "nn/base/api.h"
#include "nn/graph/model.h"
#include "nn/graph/pass.h"

typedef struct nn_plan nn_plan;
typedef struct nn_tuning_cache nn_tuning_cache; // tuning_cache.h

// Told while nn_plan_backward walks whenever more gradients are complete (backward.h).
typedef void nn_grads_ready(void *ctx, float *from);

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
    const nn_tuning_cache *tuning; // compiled: the fastest of each node, as measured; may be NULL
    nn_pool *pool;                 // borrowed; may be NULL
    const nn_kernels *kernels;     // NULL: nn_kernels_best()
} nn_plan_options;

#endif
