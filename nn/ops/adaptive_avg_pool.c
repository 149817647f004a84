// SPDX-License-Identifier: MIT
// Mean over windows that are chosen so that the output has a given size.
#include "nn/ops/common/blocked_rows.h"
#include "nn/ops/common/check.h"
#include "nn/ops/common/reduce_blocked.h"
#include "nn/ops/int8/int8.h"

#include <string.h>

typedef struct pool_run {
    int64_t in_h, in_w, out_h, out_w;
    const float *x, *gy;
    float *y, *gx;
    const nn_kernels *kernels;
} pool_run;

typedef struct rect {
    int64_t y0, y1, x0, x1;
    float scale; // 1 / pixels
} rect;

static nn_status find_shape(const void *params, const nn_shape *in, int n_in, nn_shape *out,
                            nn_error *err)
{
    (void)n_in;
    const nn_adaptive_pool_params *p = params;
    char text[96];
    if (p->size[0] < 1 || p->size[1] < 1)
        return nn_fail(err, NN_EINVAL, "adaptive_avg_pool: size %dx%d must be positive", p->size[0],
                       p->size[1]);
    if (in->rank != 4 || in->dim[2] < 1 || in->dim[3] < 1)
        return nn_fail(err, NN_ESHAPE, "adaptive_avg_pool: x %s must be (N,C,H,W)",
                       nn_shape_text(in, text, sizeof text));
    *out = nn_shape_4d(in->dim[0], in->dim[1], p->size[0], p->size[1]);
    return NN_OK;
}

static double count_macs(const void *params, const nn_shape *in, int n_in, const nn_shape *out)
{
    (void)params, (void)n_in, (void)out;
    return (double)nn_shape_count(in);
}

static rect find_rect(const pool_run *p, int64_t oy, int64_t ox)
{
    rect r = {
        .y0 = oy * p->in_h / p->out_h,
        .y1 = ((oy + 1) * p->in_h + p->out_h - 1) / p->out_h,
        .x0 = ox * p->in_w / p->out_w,
        .x1 = ((ox + 1) * p->in_w + p->out_w - 1) / p->out_w,
    };
    r.scale = 1.0f / (float)((r.y1 - r.y0) * (r.x1 - r.x0));
    return r;
}

// Whether each output is one pixel: classifiers pool to the size that images commonly have there.
static bool is_copy(const pool_run *p)
{
    return p->in_h == p->out_h && p->in_w == p->out_w;
}

static void forward_planes(void *ctx, int64_t begin, int64_t end, int worker)
{
    (void)worker;
    const pool_run *p = ctx;
    for (int64_t i = begin; i < end; i++) {
        const float *x = p->x + i * p->in_h * p->in_w;
        float *y = p->y + i * p->out_h * p->out_w;
        if (is_copy(p)) {
            memcpy(y, x, (size_t)(p->out_h * p->out_w) * sizeof *y);
            continue;
        }
        for (int64_t o = 0; o < p->out_h * p->out_w; o++) {
            const rect r = find_rect(p, o / p->out_w, o % p->out_w);
            float sum = 0.0f;
            for (int64_t iy = r.y0; iy < r.y1; iy++)
                for (int64_t ix = r.x0; ix < r.x1; ix++)
                    sum += x[iy * p->in_w + ix];
            y[o] = sum * r.scale;
        }
    }
}

static void backward_planes(void *ctx, int64_t begin, int64_t end, int worker)
{
    (void)worker;
    const pool_run *p = ctx;
    for (int64_t i = begin; i < end; i++) {
        float *gx = p->gx + i * p->in_h * p->in_w;
        const float *gy = p->gy + i * p->out_h * p->out_w;
        if (is_copy(p)) {
            p->kernels->eltwise.add(gx, gx, gy, p->out_h * p->out_w);
            continue;
        }
        for (int64_t o = 0; o < p->out_h * p->out_w; o++) {
            const rect r = find_rect(p, o / p->out_w, o % p->out_w);
            for (int64_t iy = r.y0; iy < r.y1; iy++)
                for (int64_t ix = r.x0; ix < r.x1; ix++)
                    gx[iy * p->in_w + ix] += gy[o] * r.scale;
        }
    }
}

static pool_run find_run(const nn_op_call *call)
{
    const nn_shape *x = &call->in[0].shape, *y = &call->out->shape;
    return (pool_run){.in_h = x->dim[2],
                      .in_w = x->dim[3],
                      .out_h = y->dim[2],
                      .out_w = y->dim[3],
                      .x = nn_tensor_f32(&call->in[0]),
                      .kernels = call->kernels};
}

static void forward(const nn_op_call *call)
{
    pool_run p = find_run(call);
    p.y = nn_tensor_f32(call->out);
    nn_pool_run(call->pool, nn_shape_span(&call->out->shape, 0, 2), 1, forward_planes, &p);
}

static void backward(const nn_op_call *call)
{
    pool_run p = find_run(call);
    p.gy = nn_tensor_f32(call->grad_out);
    p.gx = nn_tensor_f32(&call->grad_in[0]);
    if (p.gx)
        nn_pool_run(call->pool, nn_shape_span(&call->out->shape, 0, 2), 1, backward_planes, &p);
}

typedef struct block_run {
    const nn_op_call *call;
    pool_run p;
} block_run;

static void write_rows(void *ctx, int64_t begin, int64_t end, int worker)
{
    (void)worker;
    const block_run *b = ctx;
    const nn_tensor *x = &b->call->in[0];
    for (int64_t u = begin; u < end; u++) {
        const nn_blocked_row at = nn_blocked_row_at(b->call->out, u);
        float *y = nn_blocked_row_data(b->call->out, &at);
        for (int64_t ox = 0; ox < b->p.out_w; ox++) {
            const rect r = find_rect(&b->p, at.y, ox);
            const nn_nchw8c_window w = {r.y1 - r.y0, r.x1 - r.x0, x->row, 0};
            b->call->kernels->nchw8c.window_sum(
                y + ox * NN_BLOCK, nn_blocked_at(x, at.n, at.block, r.y0, r.x0), &w, r.scale, 1);
        }
    }
}

static void run_blocked(const nn_op_call *call)
{
    block_run b = {call, find_run(call)};
    if (b.p.out_h == 1 && b.p.out_w == 1)
        nn_reduce_run_pixels(call, NN_REDUCE_MEAN);
    else
        nn_blocked_run_rows(call->pool, call->out, 1, write_rows, &b);
}

static int find_impls(const nn_op_problem *problem, nn_op_impl *impls)
{
    if (problem->out->dim[2] == 1 && problem->out->dim[3] == 1)
        return nn_reduce_offer(problem, impls, run_blocked);
    return nn_blocked_impl(problem, impls, run_blocked);
}

static const nn_field fields[] = {
    {"size", NN_FIELD_INT, offsetof(nn_adaptive_pool_params, size), 2, NULL},
    {0},
};

const nn_op nn_op_adaptive_avg_pool = {
    .name = "adaptive_avg_pool",
    .min_in = 1,
    .max_in = 1,
    .params_size = sizeof(nn_adaptive_pool_params),
    .fields = fields,
    .shape = find_shape,
    .macs = count_macs,
    .forward = forward,
    .backward = backward,
    .impls = find_impls,
    .int8 = nn_int8_adaptive_avg_pool,
};
