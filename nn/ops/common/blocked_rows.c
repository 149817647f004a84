// SPDX-License-Identifier: MIT
// Copies between dense and blocked images over the thread pool, and the walk over blocked rows.
#include "nn/ops/common/blocked_rows.h"

#include "nn/ops/common/check.h"

#include <string.h>

typedef struct copy_run {
    const nn_tensor *dst, *src;
    const nn_nchw8c_kernels *kernels;
} copy_run;

void nn_blocked_run_rows(nn_pool *pool, const nn_tensor *t, int64_t work, nn_task *task, void *ctx)
{
    const int64_t *dim = t->shape.dim, row = dim[3] * NN_BLOCK * work;
    const int64_t grain = row > 0 && row < NN_OP_CHUNK ? NN_OP_CHUNK / row : 1;
    nn_pool_run(pool, dim[0] * nn_blocked_count(dim[1]) * dim[2], grain, task, ctx);
}

void nn_blocked_clear_lanes(float *pixels, int channels, int64_t n)
{
    for (int64_t i = 0; i < n && channels < NN_BLOCK; i++)
        for (int c = channels; c < NN_BLOCK; c++)
            pixels[i * NN_BLOCK + c] = 0.0f;
}

static void copy_rows(void *ctx, int64_t begin, int64_t end, int worker)
{
    (void)worker;
    const copy_run *c = ctx;
    const nn_tensor *dst = c->dst, *src = c->src;
    const nn_shape *s = &src->shape;
    const int64_t width = s->dim[3], plane = s->dim[2] * width;
    for (int64_t u = begin; u < end; u++) {
        const nn_blocked_row r = nn_blocked_row_at(src, u);
        const int64_t dense = (r.n * s->dim[1] + r.block * NN_BLOCK) * plane + r.y * width;
        const int channels = nn_blocked_channels(src, r.block);
        if (src->layout != NN_BLOCKED) {
            c->kernels->pack(nn_blocked_row_data(dst, &r), nn_tensor_f32(src) + dense, plane,
                             channels, width);
        } else if (dst->layout != NN_BLOCKED) {
            c->kernels->unpack(nn_tensor_f32(dst) + dense, plane, nn_blocked_row_data(src, &r),
                               channels, width);
        } else {
            float *to = nn_blocked_row_data(dst, &r);
            memcpy(to, nn_blocked_row_data(src, &r), (size_t)(width * NN_BLOCK) * sizeof *to);
            nn_blocked_clear_lanes(to, channels, width);
        }
    }
}

void nn_blocked_copy_run(const nn_tensor *dst, const nn_tensor *src, const nn_kernels *kernels,
                         nn_pool *pool)
{
    copy_run c = {dst, src, &kernels->nchw8c};
    nn_blocked_run_rows(pool, src, 1, copy_rows, &c);
}

static void pick_rows(void *ctx, int64_t begin, int64_t end, int worker)
{
    const nn_op_call *call = ctx;
    const nn_tensor *x = &call->in[0];
    (void)worker;
    for (int64_t u = begin; u < end; u++) {
        const nn_blocked_row at = nn_blocked_row_at(call->out, u);
        const int channels = nn_blocked_channels(call->out, at.block);
        const float *from[NN_BLOCK] = {NULL};
        bool whole = channels == NN_BLOCK;
        for (int c = 0; c < channels; c++) {
            const int32_t lane = call->lanes[at.block * NN_BLOCK + c];
            from[c] = nn_blocked_at(x, at.n, lane / NN_BLOCK, at.y, 0) + lane % NN_BLOCK;
            whole = whole && lane % NN_BLOCK == c && from[c] == from[0] + c;
        }
        float *y = nn_blocked_row_data(call->out, &at);
        if (whole)
            memcpy(y, from[0], (size_t)(x->shape.dim[3] * NN_BLOCK) * sizeof *y);
        else
            call->kernels->nchw8c.pick(y, from, channels, x->shape.dim[3]);
    }
}

void nn_blocked_pick(const nn_op_call *call)
{
    nn_blocked_run_rows(call->pool, call->out, 4, pick_rows, (void *)call);
}

int nn_blocked_impl(const nn_op_problem *problem, nn_op_impl *impl,
                    void (*run)(const nn_op_call *call))
{
    if (!(problem->blocked & 1) || problem->in[0].rank != 4)
        return 0;
    const double each = problem->kernels->microkernel.pixels > 1 ? 0.12 : 2; // nanoseconds
    *impl = (nn_op_impl){.name = "blocked",
                         .blocked_in = 1,
                         .blocked_out = true,
                         .cost = 1e-9 * each * (double)nn_shape_count(problem->out),
                         .run = run};
    return 1;
}
