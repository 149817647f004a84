// SPDX-License-Identifier: MIT
// Maximum over windows. The gradient goes to the first maximum of each window, as in torch.
#include "nn/base/arith.h"
#include "nn/ops/common/blocked_rows.h"
#include "nn/ops/common/pool2d.h"
#include "nn/ops/int8/int8.h"

#include <math.h>
#include <string.h>

typedef struct pool_ctx {
    const nn_pool2d_params *p;
    const nn_plane_kernels *plane;
    int64_t in_h, in_w, out_h, out_w;
    const float *x, *gy;
    float *y, *gx;
    bool unset;      // gx holds nothing yet
    int32_t *argmax; // of each output, index into its input plane; NULL outside training
} pool_ctx;

static nn_status find_shape(const void *params, const nn_shape *in, int n_in, nn_shape *out,
                            nn_error *err)
{
    (void)n_in;
    nn_status status = nn_pool2d_shape("max_pool", params, in, out, err);
    if (!status && in->dim[2] * in->dim[3] > INT32_MAX)
        return nn_fail(err, NN_ESHAPE, "max_pool: a plane of %lldx%lld is too large",
                       (long long)in->dim[2], (long long)in->dim[3]);
    return status;
}

static size_t saved_bytes(const void *params, const nn_shape *in, int n_in, const nn_shape *out)
{
    (void)params, (void)in, (void)n_in;
    return (size_t)nn_shape_count(out) * sizeof(int32_t);
}

// y[i] = max(y[i], x[i * stride]). A NaN wins and stays, so that it becomes visible. Common strides
// are spelled out, because compilers vectorise only constant strides.
static void max_tap(float *restrict y, const float *restrict x, int64_t stride, int64_t n)
{
    if (stride == 1)
        for (int64_t i = 0; i < n; i++)
            y[i] = x[i] > y[i] || x[i] != x[i] ? x[i] : y[i];
    else if (stride == 2)
        for (int64_t i = 0; i < n; i++)
            y[i] = x[2 * i] > y[i] || x[2 * i] != x[2 * i] ? x[2 * i] : y[i];
    else
        for (int64_t i = 0; i < n; i++)
            y[i] = x[stride * i] > y[i] || x[stride * i] != x[stride * i] ? x[stride * i] : y[i];
}

// The maxima of a row. At the sides, windows are cut off one by one.
static void arg_max_row(const pool_ctx *c, const float *x, float *y, int32_t *argmax, int64_t oy)
{
    const int64_t stride = c->p->stride[1], reach = c->p->kernel[1], left = c->p->pad[1];
    nn_plane_window w = {.row = c->in_w, .step = stride};
    int64_t y0, y1, x0, x1;
    nn_pool2d_clip(c->p, 0, oy, c->in_h, &y0, &y1);
    w.height = y1 - y0;
    for (int64_t i = 0, n; i < c->out_w; i += n) {
        nn_pool2d_clip(c->p, 1, i, c->in_w, &x0, &x1);
        w.width = x1 - x0;
        n = w.width < reach ? 1 : nn_min(c->out_w, (c->in_w + left - reach) / stride + 1) - i;
        const int64_t at = y0 * c->in_w + x0;
        c->plane->arg_max(y + i, argmax + i, x + at, &w, (int32_t)at, n);
    }
}

static void max_row(const pool_ctx *c, const float *x, float *y, int64_t oy)
{
    int64_t y0, y1, x0, x1, stride = c->p->stride[1];
    nn_pool2d_clip(c->p, 0, oy, c->in_h, &y0, &y1);
    for (int64_t i = 0; i < c->out_w; i++)
        y[i] = -INFINITY;
    for (int64_t iy = y0; iy < y1; iy++)
        for (int kx = 0; kx < c->p->kernel[1]; kx++) {
            const int64_t offset = nn_pool2d_reach(c->p, kx, c->in_w, c->out_w, &x0, &x1);
            if (x1 > x0)
                max_tap(y + x0, x + iy * c->in_w + offset + x0 * stride, stride, x1 - x0);
        }
}

static void forward_planes(void *ctx, int64_t begin, int64_t end, int worker)
{
    (void)worker;
    const pool_ctx *c = ctx;
    for (int64_t i = begin; i < end; i++) {
        const float *x = c->x + i * c->in_h * c->in_w;
        for (int64_t oy = 0; oy < c->out_h; oy++) {
            int64_t at = (i * c->out_h + oy) * c->out_w;
            if (c->argmax)
                arg_max_row(c, x, c->y + at, c->argmax + at, oy);
            else
                max_row(c, x, c->y + at, oy);
        }
    }
}

static void forward(const nn_op_call *call)
{
    const nn_shape *x = &call->in[0].shape, *y = &call->out->shape;
    pool_ctx c = {
        .p = call->params,
        .plane = &call->kernels->plane,
        .in_h = x->dim[2],
        .in_w = x->dim[3],
        .out_h = y->dim[2],
        .out_w = y->dim[3],
        .x = nn_tensor_f32(&call->in[0]),
        .y = nn_tensor_f32(call->out),
        .argmax = call->saved,
    };
    nn_pool_run(call->pool, x->dim[0] * x->dim[1], 1, forward_planes, &c);
}

static void backward_planes(void *ctx, int64_t begin, int64_t end, int worker)
{
    (void)worker;
    const pool_ctx *c = ctx;
    int64_t pixels = c->out_h * c->out_w;
    for (int64_t i = begin; i < end; i++) {
        float *gx = c->gx + i * c->in_h * c->in_w;
        if (c->unset)
            memset(gx, 0, (size_t)(c->in_h * c->in_w) * sizeof *gx);
        for (int64_t j = i * pixels; j < (i + 1) * pixels; j++)
            gx[c->argmax[j]] += c->gy[j];
    }
}

static void backward(const nn_op_call *call)
{
    const nn_shape *x = &call->in[0].shape, *y = &call->grad_out->shape;
    pool_ctx c = {
        .in_h = x->dim[2],
        .in_w = x->dim[3],
        .out_h = y->dim[2],
        .out_w = y->dim[3],
        .gx = nn_tensor_f32(&call->grad_in[0]),
        .unset = call->unset,
        .gy = nn_tensor_f32(call->grad_out),
        .argmax = call->saved,
    };
    if (c.gx)
        nn_pool_run(call->pool, x->dim[0] * x->dim[1], 1, backward_planes, &c);
}

static void run_blocked(const nn_op_call *call)
{
    nn_pool2d_run_blocked(call, false);
}

static int find_impls(const nn_op_problem *problem, nn_op_impl *impls)
{
    return nn_blocked_impl(problem, impls, run_blocked);
}

const nn_op nn_op_max_pool = {
    .name = "max_pool",
    .min_in = 1,
    .max_in = 1,
    .flags = NN_OP_WRITES_GRADIENT,
    .params_size = sizeof(nn_pool2d_params),
    .fields = nn_pool2d_fields,
    .shape = find_shape,
    .saved = saved_bytes,
    .macs = nn_pool2d_macs,
    .forward = forward,
    .backward = backward,
    .impls = find_impls,
    .int8 = nn_int8_max_pool,
};
