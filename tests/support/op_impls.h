// SPDX-License-Identifier: MIT
// Every implementation of an operator (nn_op_impl) against its plain forward.
#ifndef TESTS_SUPPORT_OP_IMPLS_H
#define TESTS_SUPPORT_OP_IMPLS_H

#include "tests/support/op_run.h"

typedef struct op_impls_options {
    uint64_t constant; // bit i: input i is a constant
    uint64_t blocked;  // bit i: input i is there as a blocked image
    bool exact, half, bf16, split;
    const nn_kernels *also; // kernels to check behind those of all levels; NULL: none
    const char *impl; // the test fails when no implementation has this name; NULL: any, or none
    double tolerance; // times the largest output
} op_impls_options;

// On every CPU level, each implementation that the op offers for these inputs gives its forward's
// output (C kernels, inference) to within the tolerance, with the same bits for 1 and 2 threads; it
// writes nothing outside the output's pixels, its scratch and what it packs, reads no halo beyond
// what it asked for and gives no weight to the lanes behind the last channel.
void op_expect_impls(const nn_op *op, const void *params, const nn_shape *in, int n_in,
                     const op_impls_options *options);

// A convolution. Zeros: stride, dilation and groups 1, no padding, activation, bias or skip.
typedef struct op_conv_case {
    int64_t n, c, h, w, o, kernel_h, kernel_w;
    int32_t stride[2], dilation[2], pad[4], groups, act;
    bool bias, skip, half;
} op_conv_case;
// op_expect_impls for it; weights and bias are constants.
void op_expect_conv_impls(const op_conv_case *c, op_impls_options options);

#endif
