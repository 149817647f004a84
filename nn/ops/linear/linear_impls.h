// SPDX-License-Identifier: MIT
// Declarations that the files of linear share.
#ifndef NN_OPS_LINEAR_LINEAR_IMPLS_H
#define NN_OPS_LINEAR_LINEAR_IMPLS_H

#include "nn/ops/ops.h"

int nn_linear_impls(const nn_op_problem *problem, nn_op_impl *impls); // nn_op.impls of linear

#endif
