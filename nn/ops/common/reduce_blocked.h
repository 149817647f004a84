// SPDX-License-Identifier: MIT
// Reductions of blocked images: what reduce and adaptive_avg_pool share.
#ifndef NN_OPS_COMMON_REDUCE_BLOCKED_H
#define NN_OPS_COMMON_REDUCE_BLOCKED_H

#include "nn/ops/ops.h"

// nn_op.impls of reduce: over H and W, or over C.
int nn_reduce_impls(const nn_op_problem *c, nn_op_impl *impls);

// Implementations from a blocked image to a result of few elements: "blocked" when it has rank 4,
// and "dense".
int nn_reduce_offer(const nn_op_problem *c, nn_op_impl *impls, void (*run)(const nn_op_call *call));

// call->out, (N,C) or (N,C,1,1) in either layout, from all pixels of the blocked call->in[0].
void nn_reduce_run_pixels(const nn_op_call *call, nn_reduce kind);

#endif
