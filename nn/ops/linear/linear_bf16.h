// SPDX-License-Identifier: MIT
// linear in bfloat16, and in float32 as sums of two bfloat16.
#ifndef NN_OPS_LINEAR_LINEAR_BF16_H
#define NN_OPS_LINEAR_LINEAR_BF16_H

#include "nn/ops/ops.h"

// Fill *impl and return true when the problem allows it and the kernels have it.
bool nn_linear_find_bf16(const nn_op_problem *problem, nn_op_impl *impl);
bool nn_linear_find_bf16x2(const nn_op_problem *problem, nn_op_impl *impl);

#endif
