// SPDX-License-Identifier: MIT
// linear of many rows in compiled plans.
#ifndef NN_OPS_LINEAR_LINEAR_GEMM_H
#define NN_OPS_LINEAR_LINEAR_GEMM_H

#include "nn/ops/ops.h"

// Fills *impl and returns 1 when there are enough rows for products, not memory, to bound the time;
// else returns 0.
int nn_linear_find_gemm(const nn_op_problem *problem, nn_op_impl *impl);
// The same with an eighth fewer products, by Strassen's algorithm, where that pays. `gemm` is what
// the function above found; it packs for both.
int nn_linear_find_strassen(const nn_op_problem *problem, const nn_op_impl *gemm, nn_op_impl *impl);

#endif
