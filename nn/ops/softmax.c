// SPDX-License-Identifier: MIT
// Softmax over one axis: e^x / sum e^x, shifted by the maximum against overflow.
#include "nn/base/arith.h"
#include "nn/ops/common/check.h"
#include "nn/ops/ops.h"

#include <math.h>

enum { COLUMNS = 128 }; // neighbouring columns worked on at once when the axis is not the last

// Rank 3 view: outer, the axis, inner.
typedef struct softmax_run {
    const nn_op_call *call;
    int64_t length, inner, pieces;
    const float *x, *gy;
    float *y, *gx;
} softmax_run;

static nn_status shape(const void *params, const nn_shape *in, int n_in, nn_shape *out,
                       nn_error *err)
{
    const nn_softmax_params *p = params;
    int axis;
    (void)n_in;
    nn_status status = nn_op_require("softmax", in, 0, err);
    if (!status)
        status = nn_op_axis("softmax", p->axis, &in[0], &axis, err);
    if (!status)
        *out = in[0];
    return status;
}

static void forward_rows(void *ctx, int64_t begin, int64_t end, int worker)
{
    const softmax_run *s = ctx;
    const nn_eltwise_kernels *k = &s->call->kernels->eltwise;
    (void)worker;
    for (int64_t row = begin; row < end; row++) {
        const float *x = s->x + row * s->length, most = k->max(x, s->length);
        float *y = s->y + row * s->length;
        k->exp(y, x, most, s->length);
        k->affine(y, y, (float)(1.0 / k->sum(y, s->length)), 0.0f, s->length);
    }
}

// First element and width of a strip of columns.
static int64_t find_strip(const softmax_run *s, int64_t unit, int64_t *width)
{
    const int64_t at = unit % s->pieces * COLUMNS, left = s->inner - at;
    *width = left < COLUMNS ? left : COLUMNS;
    return unit / s->pieces * s->length * s->inner + at;
}

static void forward_strips(void *ctx, int64_t begin, int64_t end, int worker)
{
    const softmax_run *s = ctx;
    const nn_eltwise_kernels *k = &s->call->kernels->eltwise;
    (void)worker;
    for (int64_t u = begin; u < end; u++) {
        float most[COLUMNS], sum[COLUMNS];
        int64_t n, first = find_strip(s, u, &n);
        for (int64_t i = 0; i < n; i++) {
            most[i] = -INFINITY;
            sum[i] = 0.0f;
        }
        for (int64_t c = 0; c < s->length; c++)
            for (int64_t i = 0; i < n; i++) {
                const float x = s->x[first + c * s->inner + i];
                most[i] = x > most[i] ? x : most[i];
            }
        for (int64_t c = 0; c < s->length; c++) {
            const int64_t at = first + c * s->inner;
            for (int64_t i = 0; i < n; i++)
                s->y[at + i] = s->x[at + i] - most[i];
            k->exp(s->y + at, s->y + at, 0.0f, n);
            k->add(sum, sum, s->y + at, n);
        }
        for (int64_t i = 0; i < n; i++)
            sum[i] = 1.0f / sum[i];
        for (int64_t c = 0; c < s->length; c++) {
            float *y = s->y + first + c * s->inner;
            k->mul(y, y, sum, n);
        }
    }
}

// gx += y (gy - sum gy y)
static void backward_rows(void *ctx, int64_t begin, int64_t end, int worker)
{
    const softmax_run *s = ctx;
    (void)worker;
    for (int64_t row = begin; row < end; row++) {
        const int64_t first = row * s->length;
        const float *y = s->y + first, *gy = s->gy + first;
        const float dot = (float)s->call->kernels->eltwise.dot(gy, y, s->length);
        for (int64_t i = 0; i < s->length; i++)
            s->gx[first + i] += y[i] * (gy[i] - dot);
    }
}

static void backward_strips(void *ctx, int64_t begin, int64_t end, int worker)
{
    const softmax_run *s = ctx;
    (void)worker;
    for (int64_t u = begin; u < end; u++) {
        float dot[COLUMNS] = {0};
        int64_t n, first = find_strip(s, u, &n);
        for (int64_t c = 0; c < s->length; c++)
            for (int64_t i = 0; i < n; i++) {
                const int64_t at = first + c * s->inner + i;
                dot[i] += s->y[at] * s->gy[at];
            }
        for (int64_t c = 0; c < s->length; c++)
            for (int64_t i = 0; i < n; i++) {
                const int64_t at = first + c * s->inner + i;
                s->gx[at] += s->y[at] * (s->gy[at] - dot[i]);
            }
    }
}

static void run_units(const nn_op_call *call, bool backward, nn_task *rows, nn_task *strips)
{
    const nn_softmax_params *p = call->params;
    const nn_shape *shape = &call->out->shape;
    const int axis = nn_op_axis_of(p->axis, shape);
    softmax_run s = {.call = call,
                     .length = shape->dim[axis],
                     .inner = nn_shape_span(shape, axis + 1, shape->rank),
                     .x = nn_tensor_f32(&call->in[0]),
                     .y = nn_tensor_f32(call->out)};
    if (backward) {
        s.gy = nn_tensor_f32(call->grad_out);
        s.gx = nn_tensor_f32(&call->grad_in[0]);
    }
    s.pieces = s.inner == 1 ? 1 : nn_divide_up(s.inner, COLUMNS);
    const int64_t width = s.inner < COLUMNS ? s.inner : COLUMNS, work = s.length * width;
    const int64_t grain = work >= NN_OP_CHUNK / 4 || work <= 0 ? 1 : NN_OP_CHUNK / 4 / work;
    nn_pool_run(call->pool, nn_shape_span(shape, 0, axis) * s.pieces, grain,
                s.inner == 1 ? rows : strips, &s);
}

static void forward(const nn_op_call *call)
{
    run_units(call, false, forward_rows, forward_strips);
}

static void backward(const nn_op_call *call)
{
    if (call->grad_in[0].data)
        run_units(call, true, backward_rows, backward_strips);
}

static const nn_field fields[] = {
    {"axis", NN_FIELD_INT, offsetof(nn_softmax_params, axis), 1, NULL},
    {0},
};

const nn_op nn_op_softmax = {
    .name = "softmax",
    .min_in = 1,
    .max_in = 1,
    .flags = NN_OP_INPLACE,
    .params_size = sizeof(nn_softmax_params),
    .fields = fields,
    .shape = shape,
    .forward = forward,
    .backward = backward,
};
