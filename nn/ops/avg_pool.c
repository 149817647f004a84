// SPDX-License-Identifier: MIT
// Mean over windows, with torch's rules for what padding adds to the divisor.
#include "nn/ops/pool2d.h"

typedef struct pool_ctx {
    const nn_pool2d_params *p;
    int64_t in_h, in_w, out_h, out_w;
    const float *x, *gy;
    float *y, *gx;
} pool_ctx;

typedef struct rect {
    int64_t y0, y1, x0, x1;
    float scale; // 1 / divisor
} rect;

static nn_status find_shape(const void *params, const nn_shape *in, int n_in, nn_shape *out,
                            nn_error *err)
{
    (void)n_in;
    return nn_pool2d_shape("avg_pool", params, in, out, err);
}

static rect find_rect(const pool_ctx *c, int64_t oy, int64_t ox)
{
    rect r;
    int64_t h = nn_pool2d_clip(c->p, 0, oy, c->in_h, &r.y0, &r.y1);
    int64_t w = nn_pool2d_clip(c->p, 1, ox, c->in_w, &r.x0, &r.x1);
    int64_t inside = (r.y1 - r.y0) * (r.x1 - r.x0);
    r.scale = 1.0f / (float)(c->p->count_include_pad ? h * w : inside);
    return r;
}

static void forward_planes(void *ctx, int64_t begin, int64_t end, int worker)
{
    (void)worker;
    const pool_ctx *c = ctx;
    for (int64_t i = begin; i < end; i++) {
        const float *x = c->x + i * c->in_h * c->in_w;
        float *y = c->y + i * c->out_h * c->out_w;
        for (int64_t oy = 0; oy < c->out_h; oy++)
            for (int64_t ox = 0; ox < c->out_w; ox++) {
                rect r = find_rect(c, oy, ox);
                float sum = 0.0f;
                for (int64_t iy = r.y0; iy < r.y1; iy++)
                    for (int64_t ix = r.x0; ix < r.x1; ix++)
                        sum += x[iy * c->in_w + ix];
                y[oy * c->out_w + ox] = sum * r.scale;
            }
    }
}

static void backward_planes(void *ctx, int64_t begin, int64_t end, int worker)
{
    (void)worker;
    const pool_ctx *c = ctx;
    for (int64_t i = begin; i < end; i++) {
        float *gx = c->gx + i * c->in_h * c->in_w;
        const float *gy = c->gy + i * c->out_h * c->out_w;
        for (int64_t oy = 0; oy < c->out_h; oy++)
            for (int64_t ox = 0; ox < c->out_w; ox++) {
                rect r = find_rect(c, oy, ox);
                float g = gy[oy * c->out_w + ox] * r.scale;
                for (int64_t iy = r.y0; iy < r.y1; iy++)
                    for (int64_t ix = r.x0; ix < r.x1; ix++)
                        gx[iy * c->in_w + ix] += g;
            }
    }
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
        .x = nn_tensor_f32(&call->in[0]),
    };
}

static void forward(const nn_op_call *call)
{
    pool_ctx c = find_ctx(call, &call->out->shape);
    c.y = nn_tensor_f32(call->out);
    nn_pool_run(call->pool, nn_shape_span(&call->in[0].shape, 0, 2), 1, forward_planes, &c);
}

static void backward(const nn_op_call *call)
{
    pool_ctx c = find_ctx(call, &call->grad_out->shape);
    c.gy = nn_tensor_f32(call->grad_out);
    c.gx = nn_tensor_f32(&call->grad_in[0]);
    if (c.gx)
        nn_pool_run(call->pool, nn_shape_span(&call->in[0].shape, 0, 2), 1, backward_planes, &c);
}

const nn_op nn_op_avg_pool = {
    .name = "avg_pool",
    .min_in = 1,
    .max_in = 1,
    .params_size = sizeof(nn_pool2d_params),
    .fields = nn_pool2d_fields,
    .shape = find_shape,
    .macs = nn_pool2d_macs,
    .forward = forward,
    .backward = backward,
};
