// SPDX-License-Identifier: MIT
// Maximum over windows; the gradient goes to the first maximum of each, as in torch.
#include "nn/ops/pool2d.h"

enum { TILE = 512 }; // columns reduced at a time

typedef struct pool_ctx {
    const nn_pool2d_params *p;
    int64_t in_h, in_w, out_h, out_w;
    const float *x, *gy;
    float *y, *gx;
    int32_t *argmax; // of each output, index into its input plane; NULL outside training
} pool_ctx;

static nn_status find_shape(const void *params, const nn_shape *in, int n_in, nn_shape *out,
                            nn_error *err)
{
    (void)n_in;
    const nn_pool2d_params *p = params;
    nn_status status = nn_pool2d_shape("max_pool", p, in, out, err);
    if (!status && p->kernel[1] > TILE)
        return nn_fail(err, NN_EUNSUPPORTED, "max_pool: kernel width %d is over %d", p->kernel[1],
                       TILE);
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

static void pool_row_argmax(const pool_ctx *c, const float *x, float *y, int32_t *argmax,
                            int64_t oy)
{
    int64_t y0, y1, x0, x1;
    nn_pool2d_clip(c->p, 0, oy, c->in_h, &y0, &y1);
    for (int64_t ox = 0; ox < c->out_w; ox++) {
        nn_pool2d_clip(c->p, 1, ox, c->in_w, &x0, &x1);
        int64_t best = y0 * c->in_w + x0;
        for (int64_t iy = y0; iy < y1; iy++)
            for (int64_t i = iy * c->in_w + x0; i < iy * c->in_w + x1; i++)
                if (x[i] > x[best] || x[i] != x[i]) // a NaN stays, so that it shows
                    best = i;
        y[ox] = x[best];
        argmax[ox] = (int32_t)best;
    }
}

static float max_of(float a, float b)
{
    return b > a || b != b ? b : a;
}

// As above, first down the columns and then along the row, without the place.
static void pool_row(const pool_ctx *c, const float *x, float *y, int64_t oy)
{
    float column[TILE];
    int64_t y0, y1, first, last, unused, span = TILE - c->p->kernel[1];
    nn_pool2d_clip(c->p, 0, oy, c->in_h, &y0, &y1);
    for (int64_t ox = 0; ox < c->out_w;) {
        int64_t n = 1 + span / c->p->stride[1];
        n = n < c->out_w - ox ? n : c->out_w - ox;
        nn_pool2d_clip(c->p, 1, ox, c->in_w, &first, &unused);
        nn_pool2d_clip(c->p, 1, ox + n - 1, c->in_w, &unused, &last);
        const float *row = x + y0 * c->in_w + first;
        for (int64_t i = 0; i < last - first; i++)
            column[i] = row[i];
        for (int64_t iy = y0 + 1; iy < y1; iy++) {
            row += c->in_w;
            for (int64_t i = 0; i < last - first; i++)
                column[i] = max_of(column[i], row[i]);
        }
        for (int64_t end = ox + n; ox < end; ox++) {
            int64_t x0, x1;
            nn_pool2d_clip(c->p, 1, ox, c->in_w, &x0, &x1);
            float best = column[x0 - first];
            for (int64_t i = x0 + 1 - first; i < x1 - first; i++)
                best = max_of(best, column[i]);
            y[ox] = best;
        }
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
                pool_row_argmax(c, x, c->y + at, c->argmax + at, oy);
            else
                pool_row(c, x, c->y + at, oy);
        }
    }
}

static void forward(const nn_op_call *call)
{
    const nn_shape *x = &call->in[0].shape, *y = &call->out->shape;
    pool_ctx c = {
        .p = call->params,
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
        .gy = nn_tensor_f32(call->grad_out),
        .argmax = call->saved,
    };
    if (c.gx)
        nn_pool_run(call->pool, x->dim[0] * x->dim[1], 1, backward_planes, &c);
}

const nn_op nn_op_max_pool = {
    .name = "max_pool",
    .min_in = 1,
    .max_in = 1,
    .params_size = sizeof(nn_pool2d_params),
    .fields = nn_pool2d_fields,
    .shape = find_shape,
    .saved = saved_bytes,
    .macs = nn_pool2d_macs,
    .forward = forward,
    .backward = backward,
};
