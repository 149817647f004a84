// SPDX-License-Identifier: MIT
// Functions of two numbers with broadcasting: arithmetic (arithmetic.h lists them), and add and
// mul, which have kernels.
#include "nn/ops/common/broadcast.h"
#include "nn/ops/common/check.h"
#include "nn/ops/int8/int8.h"
#include "nn/ops/ops.h"

#include <math.h>

#define ROW(word, WORD, value, slope_p, slope_q)                                                   \
    static void word##_row(const nn_eltwise_kernels *k, float *y, const float *a, int64_t step_a,  \
                           const float *b, int64_t step_b, int64_t n)                              \
    {                                                                                              \
        (void)k;                                                                                   \
        for (int64_t i = 0; i < n; i++) {                                                          \
            const float p = a[i * step_a], q = b[i * step_b];                                      \
            y[i] = (value);                                                                        \
        }                                                                                          \
    }                                                                                              \
    static void word##_slopes(float p, float q, float slope[2])                                    \
    {                                                                                              \
        (void)p, (void)q;                                                                          \
        slope[0] = (slope_p);                                                                      \
        slope[1] = (slope_q);                                                                      \
    }
NN_ARITHMETIC_FUNCTIONS(ROW)
#undef ROW

typedef void slopes_of(float p, float q, float slope[2]);
#define ROW(word, WORD, ...) [NN_ARITHMETIC_##WORD] = {.forward = word##_row},
static const nn_broadcast_rows rows[NN_ARITHMETIC_COUNT] = {NN_ARITHMETIC_FUNCTIONS(ROW)};
#undef ROW
#define ROW(word, WORD, ...) [NN_ARITHMETIC_##WORD] = word##_slopes,
static slopes_of *const find_slopes[NN_ARITHMETIC_COUNT] = {NN_ARITHMETIC_FUNCTIONS(ROW)};
#undef ROW

static nn_status find_shape(const void *params, const nn_shape *in, int n_in, nn_shape *out,
                            nn_error *err)
{
    const nn_arithmetic_params *p = params;
    (void)n_in;
    if (p->kind < 0 || p->kind >= NN_ARITHMETIC_COUNT)
        return nn_fail(err, NN_EINVAL, "arithmetic: no function has the number %d", p->kind);
    return nn_broadcast_shape("arithmetic", in, out, err);
}

static void forward(const nn_op_call *call)
{
    const nn_arithmetic_params *p = call->params;
    nn_broadcast_forward(call, &rows[p->kind]);
}

// Element steps of an operand along the axes of the result.
static void find_steps(const nn_shape *s, const nn_shape *out, int64_t *step)
{
    int64_t dense = 1;
    for (int i = out->rank - 1; i >= 0; i--) {
        const int at = i - (out->rank - s->rank);
        const int64_t dim = at < 0 ? 1 : s->dim[at];
        step[i] = dim == 1 ? 0 : dense;
        dense *= dim;
    }
}

// One thread in a fixed order: several results may add to one gradient.
static void backward(const nn_op_call *call)
{
    const nn_arithmetic_params *params = call->params;
    const nn_shape *out = &call->grad_out->shape;
    const float *gy = nn_tensor_f32(call->grad_out);
    int64_t step[2][NN_MAX_RANK];
    for (int k = 0; k < 2; k++)
        find_steps(&call->in[k].shape, out, step[k]);
    for (int64_t i = 0, n = nn_shape_count(out); i < n; i++) {
        float slope[2];
        int64_t at[2];
        for (int k = 0; k < 2; k++)
            at[k] = nn_op_offset(i, out->rank, out->dim, step[k]);
        find_slopes[params->kind](nn_tensor_f32(&call->in[0])[at[0]],
                                  nn_tensor_f32(&call->in[1])[at[1]], slope);
        for (int k = 0; k < 2; k++)
            if (call->grad_in[k].data)
                nn_tensor_f32(&call->grad_in[k])[at[k]] += gy[i] * slope[k];
    }
}

#define ROW(word, WORD, ...) [NN_ARITHMETIC_##WORD] = #word,
static const char *const kinds[NN_ARITHMETIC_COUNT + 1] = {NN_ARITHMETIC_FUNCTIONS(ROW)};
#undef ROW
static const nn_field fields[] = {
    {"kind", NN_FIELD_ENUM, offsetof(nn_arithmetic_params, kind), 1, kinds},
    {0},
};

const nn_op nn_op_arithmetic = {
    .name = "arithmetic",
    .min_in = 2,
    .max_in = 2,
    .flags = NN_OP_INPLACE,
    .params_size = sizeof(nn_arithmetic_params),
    .fields = fields,
    .shape = find_shape,
    .forward = forward,
    .backward = backward,
};

// --- add and mul ---

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

static void add_grad(const nn_eltwise_kernels *k, float *gx, const float *gy, const float *other,
                     int64_t step, int64_t n)
{
    (void)other;
    (void)step;
    k->add(gx, gx, gy, n);
}

static double add_grad_sum(const nn_eltwise_kernels *k, const float *gy, const float *other,
                           int64_t step, int64_t n)
{
    (void)other;
    (void)step;
    return k->sum(gy, n);
}

static void mul_row(const nn_eltwise_kernels *k, float *y, const float *a, int64_t step_a,
                    const float *b, int64_t step_b, int64_t n)
{
    if (!step_b)
        k->affine(y, a, *b, 0.0f, n);
    else if (!step_a)
        k->affine(y, b, *a, 0.0f, n);
    else
        k->mul(y, a, b, n);
}

static void mul_grad(const nn_eltwise_kernels *k, float *gx, const float *gy, const float *other,
                     int64_t step, int64_t n)
{
    if (step)
        k->mul_add(gx, gy, other, n);
    else
        k->axpy(gx, *other, gy, n);
}

static double mul_grad_sum(const nn_eltwise_kernels *k, const float *gy, const float *other,
                           int64_t step, int64_t n)
{
    return step ? k->dot(gy, other, n) : *other * k->sum(gy, n);
}

// Defines the operator nn_op_WORD from word_row, word_grad and word_grad_sum. `product` is that of
// nn_broadcast_run_blocked.
#define BROADCAST_OP(word, product, bytes)                                                         \
    static const nn_broadcast_rows word##_rows = {word##_row, word##_grad, word##_grad_sum};       \
    static nn_status word##_shape(const void *params, const nn_shape *in, int n_in, nn_shape *out, \
                                  nn_error *err)                                                   \
    {                                                                                              \
        (void)params;                                                                              \
        (void)n_in;                                                                                \
        return nn_broadcast_shape(#word, in, out, err);                                            \
    }                                                                                              \
    static void word##_forward(const nn_op_call *call)                                             \
    {                                                                                              \
        nn_broadcast_forward(call, &word##_rows);                                                  \
    }                                                                                              \
    static void word##_backward(const nn_op_call *call)                                            \
    {                                                                                              \
        nn_broadcast_backward(call, &word##_rows);                                                 \
    }                                                                                              \
    static void word##_blocked(const nn_op_call *call)                                             \
    {                                                                                              \
        nn_broadcast_run_blocked(call, product);                                                   \
    }                                                                                              \
    static int word##_impls(const nn_op_problem *problem, nn_op_impl *impls)                       \
    {                                                                                              \
        return nn_broadcast_impls(problem, impls, word##_blocked);                                 \
    }                                                                                              \
    const nn_op nn_op_##word = {                                                                   \
        .name = #word,                                                                             \
        .min_in = 2,                                                                               \
        .max_in = 2,                                                                               \
        .flags = NN_OP_INPLACE | (product ? NN_OP_PRODUCT : 0),                                    \
        .shape = word##_shape,                                                                     \
        .forward = word##_forward,                                                                 \
        .backward = word##_backward,                                                               \
        .impls = word##_impls,                                                                     \
        .int8 = bytes,                                                                             \
    };
BROADCAST_OP(add, false, nn_int8_add)
BROADCAST_OP(mul, true, nn_int8_mul)
