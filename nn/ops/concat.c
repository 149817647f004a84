// SPDX-License-Identifier: MIT
// Puts tensors one behind the other along an axis.
#include "nn/ops/common/blocked_rows.h"
#include "nn/ops/common/check.h"
#include "nn/ops/int8/int8.h"
#include "nn/ops/ops.h"

#include <string.h>

static nn_status shape(const void *params, const nn_shape *in, int n_in, nn_shape *out,
                       nn_error *err)
{
    const nn_concat_params *p = params;
    char a[96], b[96];
    int axis;
    nn_status status = nn_op_require("concat", in, 0, err);
    if (!status)
        status = nn_op_axis("concat", p->axis, &in[0], &axis, err);
    if (status)
        return status;
    *out = in[0];
    for (int k = 1; k < n_in; k++) {
        status = nn_op_require("concat", in, k, err);
        if (status)
            return status;
        bool fits = in[k].rank == in[0].rank;
        for (int i = 0; fits && i < in[0].rank; i++)
            fits = i == axis || in[k].dim[i] == in[0].dim[i];
        if (!fits)
            return nn_fail(err, NN_ESHAPE, "concat: input %d of %s beside %s differs off axis %d",
                           k, nn_shape_text(&in[k], a, sizeof a),
                           nn_shape_text(&in[0], b, sizeof b), axis);
        if (__builtin_add_overflow(out->dim[axis], in[k].dim[axis], &out->dim[axis]))
            return nn_fail(err, NN_ESHAPE, "concat: axis %d is too long", axis);
    }
    return NN_OK;
}

// One input and where its block of `run` elements lies in each block of `stride` of the output.
typedef struct concat_run {
    const nn_op_call *call;
    int64_t run, stride, first;
    const float *x, *gy;
    float *y, *gx;
} concat_run;

// Elements [begin, end) of the input, one block after the other.
static void forward_part(void *ctx, int64_t begin, int64_t end, int worker)
{
    const concat_run *c = ctx;
    (void)worker;
    for (int64_t i = begin, n; i < end; i += n) {
        const int64_t block = i / c->run, at = i % c->run;
        n = c->run - at < end - i ? c->run - at : end - i;
        memcpy(c->y + block * c->stride + c->first + at, c->x + i, (size_t)n * sizeof *c->y);
    }
}

static void backward_part(void *ctx, int64_t begin, int64_t end, int worker)
{
    const concat_run *c = ctx;
    (void)worker;
    for (int64_t i = begin, n; i < end; i += n) {
        const int64_t block = i / c->run, at = i % c->run;
        n = c->run - at < end - i ? c->run - at : end - i;
        c->call->kernels->eltwise.add(c->gx + i, c->gx + i,
                                      c->gy + block * c->stride + c->first + at, n);
    }
}

// Calls `task` for each input, with its data or, when `backward`, its gradient.
static void run_inputs(const nn_op_call *call, bool backward, nn_task *task)
{
    const nn_concat_params *p = call->params;
    const nn_shape *out = &call->out->shape;
    const int axis = nn_op_axis_of(p->axis, out);
    concat_run c = {.call = call, .stride = nn_shape_span(out, axis, out->rank)};
    for (int k = 0; k < call->n_in; k++) {
        const nn_shape *in = &call->in[k].shape;
        c.run = nn_shape_span(in, axis, in->rank);
        c.x = nn_tensor_f32(&call->in[k]);
        c.y = nn_tensor_f32(call->out);
        if (backward) {
            c.gx = nn_tensor_f32(&call->grad_in[k]);
            c.gy = nn_tensor_f32(call->grad_out);
        }
        if (!backward || c.gx)
            nn_pool_run(call->pool, nn_shape_count(in), 2 * NN_OP_CHUNK, task, &c);
        c.first += c.run;
    }
}

static void forward(const nn_op_call *call)
{
    run_inputs(call, false, forward_part);
}

static void backward(const nn_op_call *call)
{
    run_inputs(call, true, backward_part);
}

// Writes channels first, first + 1, ... of x to the output row y, from lane `to` on, as many as fit
// into the block.
static void put_lanes(const nn_op_call *call, float *y, int to, const nn_tensor *x, int64_t first,
                      int64_t count, const nn_blocked_row *at)
{
    const int64_t width = x->shape.dim[3];
    while (count > 0) {
        const int from = (int)(first % NN_BLOCK);
        const int n = count < NN_BLOCK - from ? (int)count : NN_BLOCK - from;
        const float *row = nn_blocked_at(x, at->n, first / NN_BLOCK, at->y, 0);
        if (n == NN_BLOCK)
            memcpy(y, row, (size_t)(width * NN_BLOCK) * sizeof *y);
        else
            call->kernels->nchw8c.lanes(y, to, row, from, n, width);
        to += n;
        first += n;
        count -= n;
    }
}

static void block_rows(void *ctx, int64_t begin, int64_t end, int worker)
{
    const nn_op_call *call = ctx;
    const nn_shape *s = &call->out->shape;
    (void)worker;
    for (int64_t u = begin; u < end; u++) {
        const nn_blocked_row at = nn_blocked_row_at(call->out, u);
        const int64_t low = at.block * NN_BLOCK;
        const int64_t high = low + nn_blocked_channels(call->out, at.block);
        float *y = nn_blocked_row_data(call->out, &at);
        if (high < low + NN_BLOCK)
            memset(y, 0, (size_t)(s->dim[3] * NN_BLOCK) * sizeof *y);
        int64_t first = 0; // of input k
        for (int k = 0; k < call->n_in && first < high; first += call->in[k++].shape.dim[1]) {
            const int64_t end_k = first + call->in[k].shape.dim[1];
            const int64_t a = first > low ? first : low, b = end_k < high ? end_k : high;
            put_lanes(call, y, (int)(a - low), &call->in[k], a - first, b - a, &at);
        }
    }
}

static void run_blocked(const nn_op_call *call)
{
    nn_blocked_run_rows(call->pool, call->out, 1, block_rows, (void *)call);
}

static int find_impls(const nn_op_problem *problem, nn_op_impl *impl)
{
    const nn_concat_params *p = problem->params;
    if (problem->n_in > 64 || nn_op_axis_of(p->axis, problem->out) != 1 ||
        !nn_blocked_impl(problem, impl, run_blocked))
        return 0;
    impl->blocked_in = ~(uint64_t)0 >> (64 - problem->n_in);
    impl->cost = 0; // most lie side by side already
    return 1;
}

static bool find_source(const void *params, const nn_tensor *in, int n_in, int64_t c, int *k,
                        int64_t *from)
{
    const nn_concat_params *p = params;
    for (*k = 0, *from = c; *k < n_in && *from >= in[*k].shape.dim[1]; ++*k)
        *from -= in[*k].shape.dim[1];
    return *k < n_in && nn_op_axis_of(p->axis, &in[0].shape) == 1;
}

static const nn_field fields[] = {
    {"axis", NN_FIELD_INT, offsetof(nn_concat_params, axis), 1, NULL},
    {0},
};

const nn_op nn_op_concat = {
    .name = "concat",
    .min_in = 1,
    .max_in = NN_OP_MAX_IN,
    .flags = NN_OP_JOINS,
    .params_size = sizeof(nn_concat_params),
    .fields = fields,
    .shape = shape,
    .forward = forward,
    .source = find_source,
    .backward = backward,
    .impls = find_impls,
    .int8 = nn_int8_concat,
};
