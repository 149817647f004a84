// SPDX-License-Identifier: MIT
// Functions of one number, except the activations that have kernels (pointwise.h lists them).
#include "nn/ops/common/blocked_rows.h"
#include "nn/ops/common/check.h"
#include "nn/ops/ops.h"

#include <math.h>

typedef struct function {
    // y[i] = f(x[i]); x may be y.
    void (*forward)(float *y, const float *x, float a, float b, int64_t n);
    // gx[i] += gy[i] f'(x[i]).
    void (*backward)(float *gx, const float *gy, const float *x, float a, float b, int64_t n);
} function;

// x^3 coefficient and sqrt(2 / pi): Hendrycks, Gimpel 2016, section 2.
#define GELU_INNER(v) tanhf(0.7978845608f * ((v) + 0.044715f * (v) * (v) * (v)))

#define ROW(word, WORD, value, slope)                                                              \
    static void word##_forward(float *y, const float *x, float a, float b, int64_t n)              \
    {                                                                                              \
        (void)a, (void)b;                                                                          \
        for (int64_t i = 0; i < n; i++) {                                                          \
            const float v = x[i];                                                                  \
            y[i] = (value);                                                                        \
        }                                                                                          \
    }                                                                                              \
    static void word##_backward(float *gx, const float *gy, const float *x, float a, float b,      \
                                int64_t n)                                                         \
    {                                                                                              \
        (void)a, (void)b;                                                                          \
        for (int64_t i = 0; i < n; i++) {                                                          \
            const float v = x[i], y = (value);                                                     \
            (void)v, (void)y;                                                                      \
            gx[i] += gy[i] * (slope);                                                              \
        }                                                                                          \
    }

NN_POINTWISE_FUNCTIONS(ROW)
#undef ROW

#define ROW(word, WORD, ...) [NN_POINTWISE_##WORD] = {word##_forward, word##_backward},
static const function functions[NN_POINTWISE_COUNT] = {NN_POINTWISE_FUNCTIONS(ROW)};
#undef ROW

static nn_status find_shape(const void *params, const nn_shape *in, int n_in, nn_shape *out,
                            nn_error *err)
{
    const nn_pointwise_params *p = params;
    (void)n_in;
    nn_status status = nn_op_require("pointwise", in, 0, err);
    if (status)
        return status;
    if (p->kind < 0 || p->kind >= NN_POINTWISE_COUNT)
        return nn_fail(err, NN_EINVAL, "pointwise: no function has the number %d", p->kind);
    *out = in[0];
    return NN_OK;
}

static void forward_part(void *ctx, int64_t begin, int64_t end, int worker)
{
    const nn_op_call *call = ctx;
    const nn_pointwise_params *p = call->params;
    (void)worker;
    functions[p->kind].forward(nn_tensor_f32(call->out) + begin,
                               nn_tensor_f32(&call->in[0]) + begin, p->a, p->b, end - begin);
}

static void forward(const nn_op_call *call)
{
    nn_pool_run(call->pool, nn_shape_count(&call->out->shape), NN_OP_CHUNK, forward_part,
                (void *)call);
}

// Clears the lanes behind the last channel, where the function may be infinite.
static void write_rows(void *ctx, int64_t begin, int64_t end, int worker)
{
    const nn_op_call *call = ctx;
    const nn_pointwise_params *p = call->params;
    const int64_t width = call->out->shape.dim[3];
    (void)worker;
    for (int64_t u = begin; u < end; u++) {
        const nn_blocked_row at = nn_blocked_row_at(call->out, u);
        float *y = nn_blocked_row_data(call->out, &at);
        functions[p->kind].forward(y, nn_blocked_row_data(&call->in[0], &at), p->a, p->b,
                                   width * NN_BLOCK);
        nn_blocked_clear_lanes(y, nn_blocked_channels(call->out, at.block), width);
    }
}

static void run_blocked(const nn_op_call *call)
{
    nn_blocked_run_rows(call->pool, call->out, 1, write_rows, (void *)call);
}

static int find_impls(const nn_op_problem *problem, nn_op_impl *impls)
{
    return nn_blocked_impl(problem, impls, run_blocked);
}

static void backward_part(void *ctx, int64_t begin, int64_t end, int worker)
{
    const nn_op_call *call = ctx;
    const nn_pointwise_params *p = call->params;
    (void)worker;
    functions[p->kind].backward(nn_tensor_f32(&call->grad_in[0]) + begin,
                                nn_tensor_f32(call->grad_out) + begin,
                                nn_tensor_f32(&call->in[0]) + begin, p->a, p->b, end - begin);
}

static void backward(const nn_op_call *call)
{
    if (call->grad_in[0].data)
        nn_pool_run(call->pool, nn_shape_count(&call->out->shape), NN_OP_CHUNK, backward_part,
                    (void *)call);
}

#define ROW(word, WORD, ...) [NN_POINTWISE_##WORD] = #word,
static const char *const kinds[NN_POINTWISE_COUNT + 1] = {NN_POINTWISE_FUNCTIONS(ROW)};
#undef ROW
static const nn_field fields[] = {
    {"kind", NN_FIELD_ENUM, offsetof(nn_pointwise_params, kind), 1, kinds},
    {"a", NN_FIELD_FLOAT, offsetof(nn_pointwise_params, a), 1, NULL},
    {"b", NN_FIELD_FLOAT, offsetof(nn_pointwise_params, b), 1, NULL},
    {0},
};

const nn_op nn_op_pointwise = {
    .name = "pointwise",
    .min_in = 1,
    .max_in = 1,
    .flags = NN_OP_INPLACE,
    .params_size = sizeof(nn_pointwise_params),
    .fields = fields,
    .shape = find_shape,
    .forward = forward,
    .backward = backward,
    .impls = find_impls,
};
