// SPDX-License-Identifier: MIT
// Shared by the files of conv_transpose.
#ifndef NN_OPS_CONV_CONV_TRANSPOSE_IMPLS_H
#define NN_OPS_CONV_CONV_TRANSPOSE_IMPLS_H

#include "nn/ops/ops.h"

int nn_conv_transpose_impls(const nn_op_problem *problem,
                            nn_op_impl *impls); // nn_op.impls of conv_transpose

#endif
