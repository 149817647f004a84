// SPDX-License-Identifier: MIT
// Real numbers as whole numbers of 8 bits with a scale, and back.
#include "nn/ops/common/blocked_rows.h"
#include "nn/ops/common/check.h"
#include "nn/ops/int8/int8.h"
#include "nn/ops/ops.h"

enum { X, SCALE, ZERO }; // inputs

const char *const nn_quantized_type_names[] = {"u8", "s8", NULL};

// Numbers that share a scale, and how it maps them.
typedef struct mapping {
    float scale, zero, low, high;
} mapping;

// --- shapes ---

static nn_status check_row(const char *op, const char *what, const nn_shape *row, const nn_shape *x,
                           int axis, nn_error *err)
{
    char have[96], of[96];
    const int64_t count = nn_shape_count(row);
    if (count == 1 || (row->rank == 1 && axis >= 0 && count == x->dim[axis]))
        return NN_OK;
    return nn_fail(err, NN_ESHAPE, "%s: %s of %s for a tensor of %s", op, what,
                   nn_shape_text(row, have, sizeof have), nn_shape_text(x, of, sizeof of));
}

static nn_status find_shape(const char *op, const nn_quantize_params *p, const nn_shape *in,
                            int n_in, nn_shape *out, nn_error *err)
{
    const bool zero = n_in > ZERO && in[ZERO].rank >= 0;
    int axis = -1;
    nn_status status = nn_op_require(op, in, X, err);
    if (status == NN_OK)
        status = nn_op_require(op, in, SCALE, err);
    if (status != NN_OK)
        return status;
    if (p->type < 0 || p->type >= NN_QUANTIZED_TYPES)
        return nn_fail(err, NN_EINVAL, "%s: no type has the number %d", op, p->type);
    if (nn_shape_count(&in[SCALE]) != 1 || (zero && nn_shape_count(&in[ZERO]) != 1))
        status = nn_op_axis(op, p->axis, &in[X], &axis, err);
    if (status == NN_OK)
        status = check_row(op, "scales", &in[SCALE], &in[X], axis, err);
    if (status == NN_OK && zero)
        status = check_row(op, "zero points", &in[ZERO], &in[X], axis, err);
    if (status == NN_OK)
        *out = in[X];
    return status;
}

static nn_status quantize_shape(const void *params, const nn_shape *in, int n_in, nn_shape *out,
                                nn_error *err)
{
    return find_shape("quantize_linear", params, in, n_in, out, err);
}

static nn_status dequantize_shape(const void *params, const nn_shape *in, int n_in, nn_shape *out,
                                  nn_error *err)
{
    return find_shape("dequantize_linear", params, in, n_in, out, err);
}

// --- rows of numbers that share a scale ---

static mapping mapping_at(const nn_op_call *call, int64_t i)
{
    const nn_quantize_params *p = call->params;
    const nn_tensor *scale = &call->in[SCALE], *zero = &call->in[ZERO];
    const bool shifted = call->n_in > ZERO && zero->data;
    return (mapping){
        .scale = nn_tensor_f32(scale)[nn_shape_count(&scale->shape) == 1 ? 0 : i],
        .zero = shifted ? nn_tensor_f32(zero)[nn_shape_count(&zero->shape) == 1 ? 0 : i] : 0,
        .low = nn_quantized_low(p->type),
        .high = nn_quantized_high(p->type),
    };
}

// Adding 1.5 * 2^23 leaves no bits behind the point, and rounds as the processor does: halves to
// even. NaN becomes `low`.
static void quantize_row(float *y, const float *x, const mapping *m, int64_t n)
{
    const float shift = 12582912.0f, least = m->low - m->zero, most = m->high - m->zero;
    for (int64_t i = 0; i < n; i++) {
        float v = x[i] / m->scale;
        v = v > least ? v : least;
        v = v < most ? v : most;
        y[i] = (v + shift - shift) + m->zero;
    }
}

static void dequantize_row(float *y, const float *x, const mapping *m, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        y[i] = (x[i] - m->zero) * m->scale;
}

// x / scale was rounded to one of the whole numbers, not clamped to the first or last.
static void quantize_row_backward(float *gx, const float *gy, const float *x, const mapping *m,
                                  int64_t n)
{
    const float least = m->low - m->zero - 0.5f, most = m->high - m->zero + 0.5f;
    for (int64_t i = 0; i < n; i++) {
        const float v = x[i] / m->scale;
        gx[i] += v >= least && v <= most ? gy[i] / m->scale : 0;
    }
}

static void dequantize_row_backward(float *gx, const float *gy, const float *x, const mapping *m,
                                    int64_t n)
{
    (void)x;
    for (int64_t i = 0; i < n; i++)
        gx[i] += gy[i] * m->scale;
}

// --- tensors as rows ---

// A tensor is `rows` times `length` numbers; row r has scale r % scales.
typedef struct rows {
    int64_t count, length, scales;
} rows;

static rows rows_of(const nn_op_call *call)
{
    const nn_quantize_params *p = call->params;
    const nn_shape *x = &call->in[X].shape;
    const bool zero = call->n_in > ZERO && call->in[ZERO].data;
    if (nn_shape_count(&call->in[SCALE].shape) == 1 &&
        (!zero || nn_shape_count(&call->in[ZERO].shape) == 1))
        return (rows){1, nn_shape_count(x), 1};
    const int axis = nn_op_axis_of(p->axis, x);
    return (rows){nn_shape_span(x, 0, axis + 1), nn_shape_span(x, axis + 1, x->rank), x->dim[axis]};
}

typedef void row_forward(float *y, const float *x, const mapping *m, int64_t n);
typedef void row_backward(float *gx, const float *gy, const float *x, const mapping *m, int64_t n);

typedef struct walk {
    const nn_op_call *call;
    rows rows;
    row_forward *forward;
    row_backward *backward;
} walk;

// Elements begin to end; each row of them that lies inside.
static void run_part(void *ctx, int64_t begin, int64_t end, int worker)
{
    const walk *w = ctx;
    const float *x = nn_tensor_f32(&w->call->in[X]);
    (void)worker;
    while (begin < end) {
        const int64_t row = begin / w->rows.length, last = (row + 1) * w->rows.length;
        const int64_t n = (last < end ? last : end) - begin;
        const mapping m = mapping_at(w->call, row % w->rows.scales);
        if (w->forward)
            w->forward(nn_tensor_f32(w->call->out) + begin, x + begin, &m, n);
        else
            w->backward(nn_tensor_f32(&w->call->grad_in[X]) + begin,
                        nn_tensor_f32(w->call->grad_out) + begin, x + begin, &m, n);
        begin += n;
    }
}

static void run(const nn_op_call *call, row_forward *forward, row_backward *backward)
{
    walk w = {call, rows_of(call), forward, backward};
    if (forward || call->grad_in[X].data)
        nn_pool_run(call->pool, nn_shape_count(&call->in[X].shape), NN_OP_CHUNK, run_part, &w);
}

static void quantize(const nn_op_call *call)
{
    run(call, quantize_row, NULL);
}

static void quantize_backward(const nn_op_call *call)
{
    run(call, NULL, quantize_row_backward);
}

static void dequantize(const nn_op_call *call)
{
    run(call, dequantize_row, NULL);
}

static void dequantize_backward(const nn_op_call *call)
{
    run(call, NULL, dequantize_row_backward);
}

// --- blocked images with one scale ---

static void run_rows(void *ctx, int64_t begin, int64_t end, int worker)
{
    const walk *w = ctx;
    const nn_tensor *out = w->call->out;
    const int64_t width = out->shape.dim[3];
    const mapping m = mapping_at(w->call, 0);
    (void)worker;
    for (int64_t u = begin; u < end; u++) {
        const nn_blocked_row at = nn_blocked_row_at(out, u);
        w->forward(nn_blocked_row_data(out, &at), nn_blocked_row_data(&w->call->in[X], &at), &m,
                   width * NN_BLOCK);
    }
}

static void run_blocked(const nn_op_call *call, row_forward *forward)
{
    walk w = {.call = call, .forward = forward};
    nn_blocked_run_rows(call->pool, call->out, 1, run_rows, &w);
}

static void quantize_blocked(const nn_op_call *call)
{
    run_blocked(call, quantize_row);
}

static void dequantize_blocked(const nn_op_call *call)
{
    run_blocked(call, dequantize_row);
}

static int find_impls(const nn_op_problem *problem, nn_op_impl *impls,
                      void (*run)(const nn_op_call *call))
{
    for (int i = SCALE; i < problem->n_in; i++)
        if (problem->in[i].rank >= 0 && nn_shape_count(&problem->in[i]) != 1)
            return 0;
    return nn_blocked_impl(problem, impls, run);
}

static int quantize_impls(const nn_op_problem *problem, nn_op_impl *impls)
{
    return find_impls(problem, impls, quantize_blocked);
}

static int dequantize_impls(const nn_op_problem *problem, nn_op_impl *impls)
{
    return find_impls(problem, impls, dequantize_blocked);
}

static const nn_field fields[] = {
    {"type", NN_FIELD_ENUM, offsetof(nn_quantize_params, type), 1, nn_quantized_type_names},
    {"axis", NN_FIELD_INT, offsetof(nn_quantize_params, axis), 1, NULL},
    {0},
};

const nn_op nn_op_quantize_linear = {
    .name = "quantize_linear",
    .min_in = 2,
    .max_in = 3,
    .no_grad = 1 << SCALE | 1 << ZERO,
    .flags = NN_OP_INPLACE,
    .params_size = sizeof(nn_quantize_params),
    .fields = fields,
    .shape = quantize_shape,
    .forward = quantize,
    .backward = quantize_backward,
    .impls = quantize_impls,
    .int8 = nn_int8_quantize,
};

const nn_op nn_op_dequantize_linear = {
    .name = "dequantize_linear",
    .min_in = 2,
    .max_in = 3,
    .no_grad = 1 << SCALE | 1 << ZERO,
    .flags = NN_OP_INPLACE | NN_OP_WIDENS,
    .params_size = sizeof(nn_quantize_params),
    .fields = fields,
    .shape = dequantize_shape,
    .forward = dequantize,
    .backward = dequantize_backward,
    .impls = dequantize_impls,
    .int8 = nn_int8_dequantize,
};
