// SPDX-License-Identifier: MIT
// Runs one operator on made-up tensors, with canaries behind every buffer that it may write.
#ifndef TESTS_SUPPORT_OP_RUN_H
#define TESTS_SUPPORT_OP_RUN_H

#include "nn/ops/op.h"

enum { OP_RUN_MAX_IN = 8 };

typedef struct op_run {
    const nn_op *op;
    const void *params;
    int n_in;
    nn_tensor in[OP_RUN_MAX_IN];      // data NULL where absent (shape of rank -1)
    nn_tensor grad_in[OP_RUN_MAX_IN]; // data NULL where the op gives none
    nn_tensor out, grad_out;
    void *saved, *scratch;
    size_t saved_bytes, scratch_bytes;
    nn_pool *pool;             // borrowed, may be NULL; set before op_run_forward
    const nn_kernels *kernels; // nn_kernels_best() unless changed
    bool training;             // true unless changed
    bool unset;                // of grad_in[0]; false unless changed
    uint64_t seed;             // of dropout and of the data
    int64_t batch_offset;      // samples of the batch before these
} op_run;

// Infers the output shape (the test fails when that fails) and allocates everything for up to
// `threads` threads. Inputs and grad_out get uniform numbers in [-1, 1), gradients zero.
void op_run_init(op_run *r, const nn_op *op, const void *params, const nn_shape *in, int n_in,
                 int threads, uint64_t seed);
void op_run_release(op_run *r);

// Scratch and output are poisoned before; the canaries are checked afterwards.
void op_run_forward(op_run *r);
void op_run_backward(op_run *r); // adds to grad_in
void op_run_zero_grads(op_run *r);

void op_fill_uniform(nn_tensor *t, float low, float high, uint64_t seed);

// The test fails with `what` when an element differs by more than tolerance * max(|expected|).
void op_expect_close(const char *what, const float *actual, const float *expected, int64_t n,
                     double tolerance);
// The test fails unless op->shape refuses these inputs and the error text contains `words`.
void op_expect_shape_error(const nn_op *op, const void *params, const nn_shape *in, int n_in,
                           const char *words);

#endif
