// SPDX-License-Identifier: MIT
// Adds elements around a tensor or cuts some off.
#include "nn/ops/common/blocked_rows.h"
#include "nn/ops/common/check.h"
#include "nn/ops/ops.h"

#include <string.h>

typedef struct pad_run {
    const nn_pad_params *p;
    const nn_shape *in, *out;
    int64_t length; // of a row: the last axis of the output
    const float *x, *gy;
    float *y, *gx;
} pad_run;

static nn_status find_shape(const void *params, const nn_shape *in, int n_in, nn_shape *out,
                            nn_error *err)
{
    const nn_pad_params *p = params;
    char text[96];
    (void)n_in;
    nn_status status = nn_op_require("pad", in, 0, err);
    if (status)
        return status;
    nn_shape_text(&in[0], text, sizeof text);
    if (p->rank != in[0].rank || p->rank < 1)
        return nn_fail(err, NN_ESHAPE, "pad: padding of %d axes for a tensor of %s", p->rank, text);
    if (p->mode < NN_PAD_CONSTANT || p->mode > NN_PAD_EDGE)
        return nn_fail(err, NN_EINVAL, "pad: mode %d is none of constant, reflect, edge", p->mode);
    *out = in[0];
    for (int i = 0; i < p->rank; i++) {
        const int64_t size = in[0].dim[i], begin = p->begin[i], end = p->end[i];
        out->dim[i] = size + begin + end;
        const int64_t reach = begin > end ? begin : end;
        const bool far = p->mode == NN_PAD_REFLECT ? reach >= size : reach > 0 && size < 1;
        if (out->dim[i] < 0 || -begin > size || -end > size ||
            (p->mode != NN_PAD_CONSTANT && reach > 0 && far))
            return nn_fail(err, NN_ESHAPE, "pad: %lld and %lld around axis %d of %s",
                           (long long)begin, (long long)end, i, text);
    }
    return NN_OK;
}

// Input index along an axis for an output index, -1 outside.
static int64_t source_of(const pad_run *r, int axis, int64_t at)
{
    const int64_t size = r->in->dim[axis];
    at -= r->p->begin[axis];
    if (at >= 0 && at < size)
        return at;
    if (r->p->mode == NN_PAD_CONSTANT)
        return -1;
    if (r->p->mode == NN_PAD_EDGE)
        return at < 0 ? 0 : size - 1;
    return at < 0 ? -at : 2 * (size - 1) - at;
}

// Offset in the input of output row `row`, -1 outside.
static int64_t find_row(const pad_run *r, int64_t row)
{
    int64_t offset = 0, stride = r->in->dim[r->in->rank - 1];
    for (int i = r->out->rank - 2; i >= 0; i--) {
        const int64_t at = source_of(r, i, row % r->out->dim[i]);
        if (at < 0)
            return -1;
        offset += at * stride;
        stride *= r->in->dim[i];
        row /= r->out->dim[i];
    }
    return offset;
}

static void forward_rows(void *ctx, int64_t begin, int64_t end, int worker)
{
    const pad_run *r = ctx;
    const int last = r->out->rank - 1;
    (void)worker;
    for (int64_t row = begin; row < end; row++) {
        const int64_t from = find_row(r, row);
        float *y = r->y + row * r->length;
        for (int64_t i = 0; i < r->length; i++) {
            const int64_t at = from < 0 ? -1 : source_of(r, last, i);
            y[i] = at < 0 ? r->p->value : r->x[from + at];
        }
    }
}

static pad_run find_run(const nn_op_call *call, const nn_shape *out)
{
    return (pad_run){.p = call->params,
                     .in = &call->in[0].shape,
                     .out = out,
                     .length = out->dim[out->rank - 1],
                     .x = nn_tensor_f32(&call->in[0])};
}

static void forward(const nn_op_call *call)
{
    pad_run r = find_run(call, &call->out->shape);
    r.y = nn_tensor_f32(call->out);
    const int64_t rows = nn_shape_span(r.out, 0, r.out->rank - 1);
    const int64_t grain = r.length && r.length < NN_OP_CHUNK ? NN_OP_CHUNK / r.length : 1;
    nn_pool_run(call->pool, rows, grain, forward_rows, &r);
}

typedef struct block_run {
    const nn_op_call *call;
    pad_run p;
} block_run;

// Pads rows and columns; channels and images are not padded.
static void block_rows(void *ctx, int64_t begin, int64_t end, int worker)
{
    const block_run *b = ctx;
    (void)worker;
    for (int64_t u = begin; u < end; u++) {
        const nn_blocked_row at = nn_blocked_row_at(b->call->out, u);
        const int64_t row = source_of(&b->p, 2, at.y);
        const float *x = nn_blocked_at(&b->call->in[0], at.n, at.block, row < 0 ? 0 : row, 0);
        float *y = nn_blocked_row_data(b->call->out, &at);
        for (int64_t i = 0; i < b->p.length; i++, y += NN_BLOCK) {
            const int64_t from = row < 0 ? -1 : source_of(&b->p, 3, i);
            if (from >= 0)
                memcpy(y, x + from * NN_BLOCK, NN_BLOCK * sizeof *y);
            else
                for (int c = 0; c < NN_BLOCK; c++)
                    y[c] = b->p.p->value;
        }
    }
}

static void run_blocked(const nn_op_call *call)
{
    block_run b = {call, find_run(call, &call->out->shape)};
    nn_blocked_run_rows(call->pool, call->out, 1, block_rows, &b);
}

static int find_impls(const nn_op_problem *problem, nn_op_impl *impls)
{
    const nn_pad_params *p = problem->params;
    if (problem->in[0].rank != 4 || p->begin[0] || p->end[0] || p->begin[1] || p->end[1])
        return 0;
    return nn_blocked_impl(problem, impls, run_blocked);
}

// One thread in a fixed order, because edge elements were repeated.
static void backward(const nn_op_call *call)
{
    pad_run r = find_run(call, &call->grad_out->shape);
    r.gx = nn_tensor_f32(&call->grad_in[0]);
    r.gy = nn_tensor_f32(call->grad_out);
    const int64_t rows = nn_shape_span(r.out, 0, r.out->rank - 1);
    for (int64_t row = 0; r.gx && row < rows; row++) {
        const int64_t to = find_row(&r, row);
        for (int64_t i = 0; to >= 0 && i < r.length; i++) {
            const int64_t at = source_of(&r, r.out->rank - 1, i);
            if (at >= 0)
                r.gx[to + at] += r.gy[row * r.length + i];
        }
    }
}

static const char *const modes[] = {"constant", "reflect", "edge", NULL};
static const nn_field fields[] = {
    {"rank", NN_FIELD_INT, offsetof(nn_pad_params, rank), 1, NULL},
    {"begin", NN_FIELD_INT, offsetof(nn_pad_params, begin), NN_MAX_RANK, NULL},
    {"end", NN_FIELD_INT, offsetof(nn_pad_params, end), NN_MAX_RANK, NULL},
    {"mode", NN_FIELD_ENUM, offsetof(nn_pad_params, mode), 1, modes},
    {"value", NN_FIELD_FLOAT, offsetof(nn_pad_params, value), 1, NULL},
    {0},
};

const nn_op nn_op_pad = {
    .name = "pad",
    .min_in = 1,
    .max_in = 1,
    .params_size = sizeof(nn_pad_params),
    .fields = fields,
    .shape = find_shape,
    .forward = forward,
    .backward = backward,
    .impls = find_impls,
};
