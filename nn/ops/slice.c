// SPDX-License-Identifier: MIT
// A range of one axis of a tensor.
#include "nn/ops/common/blocked_rows.h"
#include "nn/ops/common/check.h"
#include "nn/ops/ops.h"

#include <string.h>

// Rank 3 view: outer, the axis, inner.
typedef struct slice_run {
    int64_t in, out, inner, begin, step;
    const float *x, *gy;
    float *y, *gx;
} slice_run;

static int64_t clamp(int64_t at, int64_t size)
{
    if (at < 0)
        at += size;
    return at < 0 ? 0 : at > size ? size : at;
}

static nn_status find_shape(const void *params, const nn_shape *in, int n_in, nn_shape *out,
                            nn_error *err)
{
    const nn_slice_params *p = params;
    int axis;
    (void)n_in;
    nn_status status = nn_op_require("slice", in, 0, err);
    if (!status)
        status = nn_op_axis("slice", p->axis, &in[0], &axis, err);
    if (status)
        return status;
    if (p->step < 1)
        return nn_fail(err, NN_EINVAL, "slice: step %d must be positive", p->step);
    const int64_t size = in->dim[axis], begin = clamp(p->begin, size), end = clamp(p->end, size);
    if (end <= begin)
        return nn_fail(err, NN_ESHAPE, "slice: nothing from %d to %d of axis %d with %lld elements",
                       p->begin, p->end, axis, (long long)size);
    *out = in[0];
    out->dim[axis] = (end - begin + p->step - 1) / p->step;
    return NN_OK;
}

static void forward_rows(void *ctx, int64_t begin, int64_t end, int worker)
{
    (void)worker;
    const slice_run *s = ctx;
    for (int64_t o = begin; o < end; o++) {
        const float *x = s->x + (o * s->in + s->begin) * s->inner;
        float *y = s->y + o * s->out * s->inner;
        if (s->step == 1)
            memcpy(y, x, (size_t)(s->out * s->inner) * sizeof *y);
        else
            for (int64_t i = 0; i < s->out; i++)
                memcpy(y + i * s->inner, x + i * s->step * s->inner, (size_t)s->inner * sizeof *y);
    }
}

static void backward_rows(void *ctx, int64_t begin, int64_t end, int worker)
{
    (void)worker;
    const slice_run *s = ctx;
    for (int64_t o = begin; o < end; o++) {
        float *gx = s->gx + (o * s->in + s->begin) * s->inner;
        const float *gy = s->gy + o * s->out * s->inner;
        for (int64_t i = 0; i < s->out; i++)
            for (int64_t k = 0; k < s->inner; k++)
                gx[i * s->step * s->inner + k] += gy[i * s->inner + k];
    }
}

static void run_rows(const nn_op_call *call, slice_run *s, nn_task *task)
{
    const nn_slice_params *p = call->params;
    const nn_shape *x = &call->in[0].shape;
    const int axis = nn_op_axis_of(p->axis, x);
    s->in = x->dim[axis];
    s->out = call->out->shape.dim[axis];
    s->inner = nn_shape_span(x, axis + 1, x->rank);
    s->begin = clamp(p->begin, s->in);
    s->step = p->step;
    const int64_t work = s->out * s->inner;
    const int64_t grain = work > 0 && work < NN_OP_CHUNK ? NN_OP_CHUNK / work : 1;
    if (work > 0)
        nn_pool_run(call->pool, nn_shape_span(x, 0, axis), grain, task, s);
}

static void forward(const nn_op_call *call)
{
    slice_run s = {.x = nn_tensor_f32(&call->in[0]), .y = nn_tensor_f32(call->out)};
    run_rows(call, &s, forward_rows);
}

static void backward(const nn_op_call *call)
{
    slice_run s = {.gy = nn_tensor_f32(call->grad_out), .gx = nn_tensor_f32(&call->grad_in[0])};
    if (s.gx)
        run_rows(call, &s, backward_rows);
}

typedef struct block_run {
    const nn_op_call *call;
    int axis;
    int64_t begin, step;
} block_run;

// Channels from `first` on as the lanes of one output block.
static void take_channels(const block_run *b, float *y, const nn_blocked_row *at)
{
    const nn_tensor *x = &b->call->in[0];
    const int64_t width = x->shape.dim[3];
    const int channels = nn_blocked_channels(b->call->out, at->block);
    if (channels < NN_BLOCK)
        memset(y, 0, (size_t)(width * NN_BLOCK) * sizeof *y);
    for (int to = 0, n; to < channels; to += n) {
        const int64_t c = b->begin + (at->block * NN_BLOCK + to) * b->step;
        const int from = (int)(c % NN_BLOCK), left = channels - to;
        const float *row = nn_blocked_at(x, at->n, c / NN_BLOCK, at->y, 0);
        n = b->step > 1 ? 1 : left < NN_BLOCK - from ? left : NN_BLOCK - from;
        if (n == NN_BLOCK)
            memcpy(y, row, (size_t)(width * NN_BLOCK) * sizeof *y);
        else
            b->call->kernels->nchw8c.lanes(y, to, row, from, n, width);
    }
}

static void take_pixels(const block_run *b, float *y, const nn_blocked_row *at)
{
    const bool rows = b->axis == 2;
    const int64_t width = b->call->out->shape.dim[3];
    const float *x = nn_blocked_at(&b->call->in[0], at->n, at->block,
                                   rows ? b->begin + at->y * b->step : at->y, rows ? 0 : b->begin);
    if (rows || b->step == 1)
        memcpy(y, x, (size_t)(width * NN_BLOCK) * sizeof *y);
    else
        for (int64_t i = 0; i < width; i++)
            memcpy(y + i * NN_BLOCK, x + i * b->step * NN_BLOCK, NN_BLOCK * sizeof *y);
}

static void block_rows(void *ctx, int64_t begin, int64_t end, int worker)
{
    (void)worker;
    const block_run *b = ctx;
    for (int64_t u = begin; u < end; u++) {
        const nn_blocked_row at = nn_blocked_row_at(b->call->out, u);
        float *y = nn_blocked_row_data(b->call->out, &at);
        if (b->axis == 1)
            take_channels(b, y, &at);
        else
            take_pixels(b, y, &at);
    }
}

static void run_blocked(const nn_op_call *call)
{
    const nn_slice_params *p = call->params;
    const nn_shape *x = &call->in[0].shape;
    block_run b = {.call = call, .axis = nn_op_axis_of(p->axis, x), .step = p->step};
    b.begin = clamp(p->begin, x->dim[b.axis]);
    nn_blocked_run_rows(call->pool, call->out, 1, block_rows, &b);
}

static int find_impls(const nn_op_problem *problem, nn_op_impl *impl)
{
    const nn_slice_params *p = problem->params;
    return nn_op_axis_of(p->axis, &problem->in[0]) > 0 ? nn_blocked_impl(problem, impl, run_blocked)
                                                       : 0;
}

static bool find_source(const void *params, const nn_tensor *in, int n_in, int64_t c, int *k,
                        int64_t *from)
{
    const nn_slice_params *p = params;
    (void)n_in;
    *k = 0;
    *from = clamp(p->begin, in->shape.dim[1]) + c * p->step;
    return nn_op_axis_of(p->axis, &in->shape) == 1;
}

static const nn_field fields[] = {
    {"axis", NN_FIELD_INT, offsetof(nn_slice_params, axis), 1, NULL},
    {"begin", NN_FIELD_INT, offsetof(nn_slice_params, begin), 1, NULL},
    {"end", NN_FIELD_INT, offsetof(nn_slice_params, end), 1, NULL},
    {"step", NN_FIELD_INT, offsetof(nn_slice_params, step), 1, NULL},
    {0},
};

const nn_op nn_op_slice = {
    .name = "slice",
    .min_in = 1,
    .max_in = 1,
    .params_size = sizeof(nn_slice_params),
    .fields = fields,
    .shape = find_shape,
    .forward = forward,
    .source = find_source,
    .backward = backward,
    .impls = find_impls,
};
