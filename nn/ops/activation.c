// SPDX-License-Identifier: MIT
// The activations as operators, and as nodes of a graph. kernels/activations.h has a row for each.
// Work is cut into chunks that do not depend on the number of threads.
#include "nn/ops/common/blocked_rows.h"
#include "nn/ops/common/check.h"
#include "nn/ops/ops.h"

#include <math.h>

#include <string.h>

typedef struct act_run {
    const nn_op_call *call;
    nn_act act;
} act_run;

static nn_status find_shape(const void *params, const nn_shape *in, int n_in, nn_shape *out,
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
    const act_run *run = ctx;
    const nn_op_call *call = run->call;
    (void)worker;
    call->kernels->eltwise.act[run->act](nn_tensor_f32(call->out) + begin,
                                         nn_tensor_f32(&call->in[0]) + begin, end - begin);
}

static void forward(const nn_op_call *call, nn_act act)
{
    act_run run = {call, act};
    nn_pool_run(call->pool, nn_shape_count(&call->out->shape), NN_OP_CHUNK, forward_part, &run);
}

static void backward_part(void *ctx, int64_t begin, int64_t end, int worker)
{
    const act_run *run = ctx;
    const nn_op_call *call = run->call;
    float *gx = nn_tensor_f32(&call->grad_in[0]) + begin;
    (void)worker;
    if (call->unset)
        memset(gx, 0, (size_t)(end - begin) * sizeof *gx);
    call->kernels->eltwise.act_grad[run->act](gx, nn_tensor_f32(call->grad_out) + begin,
                                              nn_tensor_f32(&call->in[0]) + begin, end - begin);
}

static void backward(const nn_op_call *call, nn_act act)
{
    act_run run = {call, act};
    if (call->grad_in[0].data)
        nn_pool_run(call->pool, nn_shape_count(&call->out->shape), NN_OP_CHUNK, backward_part,
                    &run);
}

static void write_rows(void *ctx, int64_t begin, int64_t end, int worker)
{
    const act_run *run = ctx;
    const nn_op_call *call = run->call;
    (void)worker;
    for (int64_t u = begin; u < end; u++) {
        const nn_blocked_row at = nn_blocked_row_at(call->out, u);
        call->kernels->eltwise.act[run->act](nn_blocked_row_data(call->out, &at),
                                             nn_blocked_row_data(&call->in[0], &at),
                                             call->out->shape.dim[3] * NN_BLOCK);
    }
}

static void run_blocked(const nn_op_call *call, nn_act act)
{
    act_run run = {call, act};
    nn_blocked_run_rows(call->pool, call->out, 1, write_rows, &run);
}

#define ROW(word, WORD, ...)                                                                       \
    static void word##_forward(const nn_op_call *call)                                             \
    {                                                                                              \
        forward(call, NN_ACT_##WORD);                                                              \
    }                                                                                              \
    static void word##_backward(const nn_op_call *call)                                            \
    {                                                                                              \
        backward(call, NN_ACT_##WORD);                                                             \
    }                                                                                              \
    static void word##_blocked(const nn_op_call *call)                                             \
    {                                                                                              \
        run_blocked(call, NN_ACT_##WORD);                                                          \
    }                                                                                              \
    static int word##_impls(const nn_op_problem *problem, nn_op_impl *impls)                       \
    {                                                                                              \
        return nn_blocked_impl(problem, impls, word##_blocked);                                    \
    }                                                                                              \
    const nn_op nn_op_##word = {                                                                   \
        .name = #word,                                                                             \
        .min_in = 1,                                                                               \
        .max_in = 1,                                                                               \
        .flags = NN_OP_INPLACE | NN_OP_WRITES_GRADIENT,                                            \
        .shape = find_shape,                                                                       \
        .forward = word##_forward,                                                                 \
        .backward = word##_backward,                                                               \
        .impls = word##_impls,                                                                     \
    };
NN_ACT_OPS(ROW)
#undef ROW

// --- as nodes ---

#define ONNX(name) #name
#define NO_ONNX NULL
#define OP_ROW(word, WORD, f, gradient, in_registers, named)                                       \
    [NN_ACT_##WORD] = {.op = &nn_op_##word, .onnx = named},
#define FUNCTION_ROW(word, WORD, f, gradient, in_registers, kind, a, b)                            \
    [NN_ACT_##WORD] = {.op = &nn_op_pointwise,                                                     \
                       .params = &(const nn_pointwise_params){NN_POINTWISE_##kind, a, b}},
static const nn_act_node nodes[NN_ACT_COUNT] = {NN_ACT_OPS(OP_ROW) NN_ACT_FUNCTIONS(FUNCTION_ROW)};
#undef OP_ROW
#undef FUNCTION_ROW

const nn_act_node *nn_act_node_of(nn_act act)
{
    return &nodes[act];
}

static bool is_same(const nn_pointwise_params *a, const nn_pointwise_params *b)
{
    return a->kind == b->kind && fabsf(a->a - b->a) <= 1e-6f && fabsf(a->b - b->b) <= 1e-6f;
}

nn_act nn_act_of_node(const nn_op *op, const void *params)
{
    for (int act = 0; act < NN_ACT_COUNT; act++)
        if (op == nodes[act].op && (!nodes[act].params || is_same(params, nodes[act].params)))
            return (nn_act)act;
    return NN_ACT_NONE;
}

#define ROW(word, WORD, ...) [NN_ACT_##WORD] = #word,
const char *const nn_act_names[NN_ACT_COUNT + 1] = {[NN_ACT_NONE] = "none",
                                                    NN_ACT_OPS(ROW) NN_ACT_FUNCTIONS(ROW)};
#undef ROW
