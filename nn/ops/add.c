// SPDX-License-Identifier: MIT
// a + b with broadcasting.
#include "nn/ops/common/broadcast.h"
#include "nn/ops/ops.h"

static nn_status shape(const void *params, const nn_shape *in, int n_in, nn_shape *out,
                       nn_error *err)
{
    (void)params;
    (void)n_in;
    return nn_broadcast_shape("add", in, out, err);
}

static void add_row(const nn_eltwise_kernels *k, float *y, const float *a, int64_t step_a,
                    const float *b, int64_t step_b, int64_t n)
{
    if (!step_b)
        k->affine(y, a, 1.0f, *b, n);
    else if (!step_a)
        k->affine(y, b, 1.0f, *a, n);
    else
        k->add(y, a, b, n);
}

static void grad_row(const nn_eltwise_kernels *k, float *gx, const float *gy, const float *other,
                     int64_t step, int64_t n)
{
    (void)other;
    (void)step;
    k->add(gx, gx, gy, n);
}

static double grad_sum(const nn_eltwise_kernels *k, const float *gy, const float *other,
                       int64_t step, int64_t n)
{
    (void)other;
    (void)step;
    return k->sum(gy, n);
}

static const nn_broadcast_rows rows = {add_row, grad_row, grad_sum};

static void forward(const nn_op_call *call)
{
    nn_broadcast_forward(call, &rows);
}

static void backward(const nn_op_call *call)
{
    nn_broadcast_backward(call, &rows);
}

static void run_blocked(const nn_op_call *call)
{
    nn_broadcast_run_blocked(call, false);
}

static int find_impls(const nn_op_problem *c, nn_op_impl *impls)
{
    return nn_broadcast_impls(c, impls, run_blocked);
}

const nn_op nn_op_add = {
    .name = "add",
    .min_in = 2,
    .max_in = 2,
    .flags = NN_OP_INPLACE,
    .shape = shape,
    .forward = forward,
    .backward = backward,
    .impls = find_impls,
};
