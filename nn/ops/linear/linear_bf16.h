// SPDX-License-Identifier: MIT
// linear in bfloat16.
#ifndef NN_OPS_LINEAR_LINEAR_BF16_H
#define NN_OPS_LINEAR_LINEAR_BF16_H

#include "nn/ops/ops.h"

// Fills *impl and returns true when the problem allows bfloat16 and the kernels have it.
bool nn_linear_find_bf16(const nn_op_problem *problem, nn_op_impl *impl);

#endif
