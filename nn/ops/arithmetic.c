// SPDX-License-Identifier: MIT
// Functions of two numbers with broadcasting, one row each; add and mul are operators of their own.
#include "nn/ops/common/broadcast.h"
#include "nn/ops/common/check.h"
#include "nn/ops/ops.h"

#include <math.h>

#define ROWS(word, value)                                                                          \
    static void word##_row(const nn_eltwise_kernels *k, float *y, const float *a, int64_t step_a,  \
                           const float *b, int64_t step_b, int64_t n)                              \
    {                                                                                              \
        (void)k;                                                                                   \
        for (int64_t i = 0; i < n; i++) {                                                          \
            const float p = a[i * step_a], q = b[i * step_b];                                      \
            y[i] = (value);                                                                        \
        }                                                                                          \
    }

ROWS(sub, p - q)
ROWS(div, p / q)
ROWS(div_int, truncf(p / q))
ROWS(pow, powf(p, q))
ROWS(min, p < q || isnan(p) ? p : q)
ROWS(max, p > q || isnan(p) ? p : q)
ROWS(mod, p - q * floorf(p / q))
ROWS(fmod, fmodf(p, q))
ROWS(prelu, p >= 0 ? p : p * q)
ROWS(greater, p > q ? 1.0f : 0.0f)
ROWS(greater_equal, p >= q ? 1.0f : 0.0f)
ROWS(less, p < q ? 1.0f : 0.0f)
ROWS(less_equal, p <= q ? 1.0f : 0.0f)
ROWS(equal, p == q ? 1.0f : 0.0f)
ROWS(and, p != 0 && q != 0 ? 1.0f : 0.0f)
ROWS(or, p != 0 || q != 0 ? 1.0f : 0.0f)
ROWS(xor, (p != 0) != (q != 0) ? 1.0f : 0.0f)

#define NN_ARITHMETIC(word, WORD) [NN_ARITHMETIC_##WORD] = {.forward = word##_row},
static const nn_broadcast_rows rows[NN_ARITHMETIC_COUNT] = {NN_ARITHMETIC_LIST};
#undef NN_ARITHMETIC

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

// Slopes of the result in both operands; those of steps are 0.
static void find_slopes(nn_arithmetic kind, float p, float q, float slope[2])
{
    slope[0] = slope[1] = 0;
    switch (kind) {
    case NN_ARITHMETIC_SUB:
        slope[0] = 1;
        slope[1] = -1;
        break;
    case NN_ARITHMETIC_DIV:
        slope[0] = 1 / q;
        slope[1] = -p / (q * q);
        break;
    case NN_ARITHMETIC_POW:
        slope[0] = q == 0 ? 0 : q * powf(p, q - 1);
        slope[1] = p > 0 ? powf(p, q) * logf(p) : 0;
        break;
    case NN_ARITHMETIC_MIN:
        slope[p < q ? 0 : 1] = 1;
        break;
    case NN_ARITHMETIC_MAX:
        slope[p > q ? 0 : 1] = 1;
        break;
    case NN_ARITHMETIC_PRELU:
        slope[0] = p >= 0 ? 1 : q;
        slope[1] = p >= 0 ? 0 : p;
        break;
    case NN_ARITHMETIC_MOD:
    case NN_ARITHMETIC_FMOD:
        slope[0] = 1;
        slope[1] = kind == NN_ARITHMETIC_MOD ? -floorf(p / q) : -truncf(p / q);
        break;
    default:
        break;
    }
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
        find_slopes((nn_arithmetic)params->kind, nn_tensor_f32(&call->in[0])[at[0]],
                    nn_tensor_f32(&call->in[1])[at[1]], slope);
        for (int k = 0; k < 2; k++)
            if (call->grad_in[k].data)
                nn_tensor_f32(&call->grad_in[k])[at[k]] += gy[i] * slope[k];
    }
}

#define NN_ARITHMETIC(word, WORD) [NN_ARITHMETIC_##WORD] = #word,
static const char *const kinds[NN_ARITHMETIC_COUNT + 1] = {NN_ARITHMETIC_LIST};
#undef NN_ARITHMETIC
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
