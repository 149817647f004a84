// SPDX-License-Identifier: MIT
// Reductions of blocked images, shared by reduce and adaptive_avg_pool.
#ifndef NN_OPS_COMMON_REDUCE_BLOCKED_H
#define NN_OPS_COMMON_REDUCE_BLOCKED_H

#include "nn/ops/ops.h"

// nn_op.impls of reduce: over H and W, or over C.
int nn_reduce_impls(const nn_op_problem *problem, nn_op_impl *impls);

// Offers implementations that reduce a blocked image to a small result: "dense", and "blocked" when
// the result has rank 4.
int nn_reduce_offer(const nn_op_problem *problem, nn_op_impl *impls,
                    void (*run)(const nn_op_call *call));

// Reduces all pixels of the blocked call->in[0] to call->out, (N,C) or (N,C,1,1) in either layout.
void nn_reduce_run_pixels(const nn_op_call *call, nn_reduce kind);

#endif
