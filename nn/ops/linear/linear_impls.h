// SPDX-License-Identifier: MIT
// What the files of linear share.
#ifndef NN_OPS_LINEAR_LINEAR_IMPLS_H
#define NN_OPS_LINEAR_LINEAR_IMPLS_H

#include "nn/ops/ops.h"

int nn_linear_impls(const nn_op_problem *c, nn_op_impl *impls); // nn_op.impls of linear

// For so many rows that products, not memory, bound the time: 1 and *impl filled, or 0.
int nn_linear_find_gemm(const nn_op_problem *c, nn_op_impl *impl);

#endif
