// SPDX-License-Identifier: MIT
// Activation operators over the thread pool, in chunks that do not depend on the thread count.
#include "nn/ops/common/unary.h"

#include "nn/ops/common/blocked_rows.h"
#include "nn/ops/common/check.h"

typedef struct unary_run {
    const nn_op_call *call;
    nn_act act;
} unary_run;

nn_status nn_unary_shape(const void *params, const nn_shape *in, int n_in, nn_shape *out,
                         nn_error *err)
{
    (void)params;
    (void)n_in;
    nn_status status = nn_op_require("activation", in, 0, err);
    if (!status)
        *out = in[0];
    return status;
}

static void forward_part(void *ctx, int64_t begin, int64_t end, int worker)
{
    const unary_run *run = ctx;
    const nn_op_call *call = run->call;
    (void)worker;
    call->kernels->eltwise.act[run->act](nn_tensor_f32(call->out) + begin,
                                         nn_tensor_f32(&call->in[0]) + begin, end - begin);
}

void nn_unary_forward(const nn_op_call *call, nn_act act)
{
    unary_run run = {call, act};
    nn_pool_run(call->pool, nn_shape_count(&call->out->shape), NN_OP_CHUNK, forward_part, &run);
}

static void write_rows(void *ctx, int64_t begin, int64_t end, int worker)
{
    const unary_run *run = ctx;
    const nn_op_call *call = run->call;
    (void)worker;
    for (int64_t u = begin; u < end; u++) {
        const nn_blocked_row at = nn_blocked_row_at(call->out, u);
        call->kernels->eltwise.act[run->act](nn_blocked_row_data(call->out, &at),
                                             nn_blocked_row_data(&call->in[0], &at),
                                             call->out->shape.dim[3] * NN_BLOCK);
    }
}

void nn_unary_run_blocked(const nn_op_call *call, nn_act act)
{
    unary_run run = {call, act};
    nn_blocked_run_rows(call->pool, call->out, 1, write_rows, &run);
}

static void backward_part(void *ctx, int64_t begin, int64_t end, int worker)
{
    const unary_run *run = ctx;
    const nn_op_call *call = run->call;
    (void)worker;
    call->kernels->eltwise.act_grad[run->act](nn_tensor_f32(&call->grad_in[0]) + begin,
                                              nn_tensor_f32(call->grad_out) + begin,
                                              nn_tensor_f32(&call->in[0]) + begin, end - begin);
}

void nn_unary_backward(const nn_op_call *call, nn_act act)
{
    unary_run run = {call, act};
    if (call->grad_in[0].data)
        nn_pool_run(call->pool, nn_shape_count(&call->out->shape), NN_OP_CHUNK, backward_part,
                    &run);
}
