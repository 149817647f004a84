// SPDX-License-Identifier: MIT
// Checks that hold for every operator: the same bits for any number of threads, on any level nearly
// the same, and in place as out of place.
#ifndef TESTS_SUPPORT_OP_SAME_H
#define TESTS_SUPPORT_OP_SAME_H

#include "tests/support/op_run.h"

// Output and gradients are the same bits with 1, 2 and 3 threads, and on every CPU level equal to
// the C reference to within `tolerance` times the largest.
void op_expect_same(const nn_op *op, const void *params, const nn_shape *in, int n_in,
                    double tolerance);
// Inference with the output in the memory of input 0 gives the same bits.
void op_expect_in_place(const nn_op *op, const void *params, const nn_shape *in, int n_in);

#endif
