// SPDX-License-Identifier: MIT
// Mean, maximum or sum over the pixels or the channels of blocked images.
#include "nn/ops/common/reduce_blocked.h"

#include "nn/ops/common/blocked_rows.h"
#include "nn/ops/common/check.h"

#include <string.h>

enum { CHANNEL_AXIS = 1 << 1, PIXEL_AXES = 1 << 2 | 1 << 3 };

typedef struct reduce_run {
    const nn_op_call *call;
    nn_reduce kind;
    float scale; // of the sum
} reduce_run;

// Index: image, block. The result is (N,C) or (N,C,1,1).
static void reduce_planes(void *ctx, int64_t begin, int64_t end, int worker)
{
    (void)worker;
    const reduce_run *r = ctx;
    const nn_tensor *x = &r->call->in[0], *y = r->call->out;
    const nn_nchw8c_kernels *k = &r->call->kernels->nchw8c;
    const int64_t blocks = nn_blocked_count(x->shape.dim[1]);
    const nn_nchw8c_window w = {x->shape.dim[2], x->shape.dim[3], x->row, 0};
    for (int64_t u = begin; u < end; u++) {
        const nn_blocked_row at = {u / blocks, u % blocks, 0};
        float result[NN_BLOCK];
        const bool blocked = y->layout == NN_BLOCKED;
        float *to = blocked ? nn_blocked_row_data(y, &at) : result;
        if (r->kind == NN_REDUCE_MAX)
            k->window_max(to, nn_blocked_row_data(x, &at), &w, 1);
        else
            k->window_sum(to, nn_blocked_row_data(x, &at), &w, r->scale, 1);
        if (!blocked)
            memcpy(nn_tensor_f32(y) + at.n * x->shape.dim[1] + at.block * NN_BLOCK, result,
                   (size_t)nn_blocked_channels(x, at.block) * sizeof *result);
    }
}

static int64_t scale_count(const nn_shape *s, int axes)
{
    return axes == CHANNEL_AXIS ? s->dim[1] : s->dim[2] * s->dim[3];
}

static reduce_run find_run(const nn_op_call *call, nn_reduce kind, int axes)
{
    reduce_run r = {call, kind, 1.0f};
    if (kind == NN_REDUCE_MEAN)
        r.scale = (float)(1.0 / (double)scale_count(&call->in[0].shape, axes));
    return r;
}

void nn_reduce_run_pixels(const nn_op_call *call, nn_reduce kind)
{
    reduce_run r = find_run(call, kind, PIXEL_AXES);
    const nn_shape *s = &call->in[0].shape;
    const int64_t plane = s->dim[2] * s->dim[3] * NN_BLOCK;
    nn_pool_run(call->pool, s->dim[0] * nn_blocked_count(s->dim[1]),
                plane < NN_OP_CHUNK ? NN_OP_CHUNK / plane : 1, reduce_planes, &r);
}

// Index: image, row. The result is (N,1,H,W) or (N,H,W).
static void reduce_channels(void *ctx, int64_t begin, int64_t end, int worker)
{
    (void)worker;
    const reduce_run *r = ctx;
    const nn_tensor *x = &r->call->in[0], *y = r->call->out;
    const nn_nchw8c_kernels *k = &r->call->kernels->nchw8c;
    const int64_t *dim = x->shape.dim;
    const bool blocked = y->layout == NN_BLOCKED;
    for (int64_t u = begin; u < end; u++) {
        const nn_blocked_row at = {u / dim[2], 0, u % dim[2]};
        float *to = blocked ? nn_blocked_row_data(y, &at) : nn_tensor_f32(y) + u * dim[3];
        const nn_nchw8c_column column = {x->plane, dim[1], blocked ? NN_BLOCK : 1};
        if (blocked)
            memset(to, 0, (size_t)(dim[3] * NN_BLOCK) * sizeof *to);
        if (r->kind == NN_REDUCE_MAX)
            k->channel_max(to, nn_blocked_row_data(x, &at), &column, dim[3]);
        else
            k->channel_sum(to, nn_blocked_row_data(x, &at), &column, r->scale, dim[3]);
    }
}

static void run_blocked(const nn_op_call *call)
{
    const nn_reduce_params *p = call->params;
    const int64_t *dim = call->in[0].shape.dim;
    if (p->axes == PIXEL_AXES) {
        nn_reduce_run_pixels(call, p->kind);
        return;
    }
    reduce_run r = find_run(call, p->kind, CHANNEL_AXIS);
    const int64_t row = dim[3] * nn_blocked_count(dim[1]) * NN_BLOCK;
    nn_pool_run(call->pool, dim[0] * dim[2], row > 0 && row < NN_OP_CHUNK ? NN_OP_CHUNK / row : 1,
                reduce_channels, &r);
}

int nn_reduce_offer(const nn_op_problem *problem, nn_op_impl *impls,
                    void (*run)(const nn_op_call *call))
{
    if (!nn_blocked_impl(problem, impls, run))
        return 0;
    int count = 1;
    if (problem->out->rank == 4) {
        impls[1] = impls[0];
        count = 2;
    }
    impls[count - 1].name = "dense";
    impls[count - 1].blocked_out = false;
    return count;
}

int nn_reduce_impls(const nn_op_problem *problem, nn_op_impl *impls)
{
    const nn_reduce_params *p = problem->params;
    if (p->axes != PIXEL_AXES && p->axes != CHANNEL_AXIS)
        return 0;
    return nn_reduce_offer(problem, impls, run_blocked);
}
