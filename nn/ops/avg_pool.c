// SPDX-License-Identifier: MIT
// Mean over windows, with torch's rules for the share of padding in the divisor.
#include "nn/ops/common/blocked_rows.h"
#include "nn/ops/common/pool2d.h"
#include "nn/ops/int8/int8.h"

#include <string.h>

typedef struct pool_ctx {
    const nn_pool2d_params *p;
    int64_t planes, in_h, in_w, out_h, out_w;
    const float *x, *gy;
    float *y, *gx;
    float *scale; // out_w floats a thread
} pool_ctx;

static nn_status find_shape(const void *params, const nn_shape *in, int n_in, nn_shape *out,
                            nn_error *err)
{
    (void)n_in;
    return nn_pool2d_shape("avg_pool", params, in, out, err);
}

// y[i] += x[i * stride]; constant strides vectorise.
static void add_tap(float *restrict y, const float *restrict x, int64_t stride, int64_t n)
{
    if (stride == 1)
        for (int64_t i = 0; i < n; i++)
            y[i] += x[i];
    else if (stride == 2)
        for (int64_t i = 0; i < n; i++)
            y[i] += x[2 * i];
    else
        for (int64_t i = 0; i < n; i++)
            y[i] += x[stride * i];
}

// 1 / divisor of each window of output row oy; the rows [*y0, *y1) of these windows lie inside the
// image.
static void find_scales(const pool_ctx *c, int64_t oy, float *scale, int64_t *y0, int64_t *y1)
{
    int64_t h = nn_pool2d_clip(c->p, 0, oy, c->in_h, y0, y1);
    for (int64_t ox = 0; ox < c->out_w; ox++) {
        int64_t x0, x1, w = nn_pool2d_clip(c->p, 1, ox, c->in_w, &x0, &x1);
        int64_t inside = (*y1 - *y0) * (x1 - x0);
        scale[ox] = 1.0f / (float)(c->p->count_include_pad ? h * w : inside);
    }
}

// Index: output row. A task computes the row for all planes, so that divisors are computed once.
static void forward_rows(void *ctx, int64_t begin, int64_t end, int worker)
{
    const pool_ctx *c = ctx;
    float *scale = c->scale + worker * c->out_w;
    for (int64_t oy = begin; oy < end; oy++) {
        int64_t y0, y1, x0, x1;
        find_scales(c, oy, scale, &y0, &y1);
        for (int64_t i = 0; i < c->planes; i++) {
            float *y = c->y + (i * c->out_h + oy) * c->out_w;
            memset(y, 0, (size_t)c->out_w * sizeof *y);
            for (int64_t iy = y0; iy < y1; iy++)
                for (int kx = 0; kx < c->p->kernel[1]; kx++) {
                    int64_t at = nn_pool2d_reach(c->p, kx, c->in_w, c->out_w, &x0, &x1);
                    at += (i * c->in_h + iy) * c->in_w + x0 * c->p->stride[1];
                    add_tap(y + x0, c->x + at, c->p->stride[1], x1 - x0);
                }
            for (int64_t ox = 0; ox < c->out_w; ox++)
                y[ox] *= scale[ox];
        }
    }
}

// Index: plane, because neighbouring output rows share input rows.
static void backward_planes(void *ctx, int64_t begin, int64_t end, int worker)
{
    const pool_ctx *c = ctx;
    float *scale = c->scale + worker * c->out_w;
    int64_t stride = c->p->stride[1];
    for (int64_t oy = 0; oy < c->out_h; oy++) {
        int64_t y0, y1, x0, x1;
        find_scales(c, oy, scale, &y0, &y1);
        for (int64_t i = begin; i < end; i++) {
            const float *gy = c->gy + (i * c->out_h + oy) * c->out_w;
            for (int64_t iy = y0; iy < y1; iy++)
                for (int kx = 0; kx < c->p->kernel[1]; kx++) {
                    int64_t at = nn_pool2d_reach(c->p, kx, c->in_w, c->out_w, &x0, &x1);
                    float *gx = c->gx + (i * c->in_h + iy) * c->in_w + at;
                    for (int64_t ox = x0; ox < x1; ox++)
                        gx[ox * stride] += gy[ox] * scale[ox];
                }
        }
    }
}

static size_t scratch_bytes(const void *params, const nn_shape *in, int n_in, const nn_shape *out,
                            int threads, bool backward)
{
    (void)params, (void)in, (void)n_in, (void)backward;
    return (size_t)threads * (size_t)out->dim[3] * sizeof(float);
}

static pool_ctx find_ctx(const nn_op_call *call, const nn_shape *y)
{
    const nn_shape *x = &call->in[0].shape;
    return (pool_ctx){
        .p = call->params,
        .in_h = x->dim[2],
        .in_w = x->dim[3],
        .out_h = y->dim[2],
        .out_w = y->dim[3],
        .planes = nn_shape_span(x, 0, 2),
        .x = nn_tensor_f32(&call->in[0]),
        .scale = call->scratch,
    };
}

static void forward(const nn_op_call *call)
{
    pool_ctx c = find_ctx(call, &call->out->shape);
    c.y = nn_tensor_f32(call->out);
    nn_pool_run(call->pool, c.out_h, 4, forward_rows, &c);
}

static void backward(const nn_op_call *call)
{
    pool_ctx c = find_ctx(call, &call->grad_out->shape);
    c.gy = nn_tensor_f32(call->grad_out);
    c.gx = nn_tensor_f32(&call->grad_in[0]);
    if (c.gx)
        nn_pool_run(call->pool, c.planes, 8, backward_planes, &c);
}

static void run_blocked(const nn_op_call *call)
{
    nn_pool2d_run_blocked(call, true);
}

static int find_impls(const nn_op_problem *problem, nn_op_impl *impls)
{
    return nn_blocked_impl(problem, impls, run_blocked);
}

const nn_op nn_op_avg_pool = {
    .name = "avg_pool",
    .min_in = 1,
    .max_in = 1,
    .params_size = sizeof(nn_pool2d_params),
    .fields = nn_pool2d_fields,
    .shape = find_shape,
    .scratch = scratch_bytes,
    .macs = nn_pool2d_macs,
    .forward = forward,
    .backward = backward,
    .impls = find_impls,
    .int8 = nn_int8_avg_pool,
};
