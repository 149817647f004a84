// SPDX-License-Identifier: MIT
// Pooling of blocked images. Windows at the borders are clipped, so that no halo is read.
#include "nn/ops/common/blocked_rows.h"
#include "nn/ops/common/pool2d.h"

typedef struct pool_run {
    const nn_op_call *call;
    const nn_pool2d_params *p;
    bool mean;
    int64_t in_h, in_w;
    int64_t first, last; // output columns whose windows lie inside the image from left to right
} pool_run;

static void write_windows(const pool_run *r, float *y, const float *x, const nn_nchw8c_window *w,
                          float scale, int64_t n)
{
    const nn_nchw8c_kernels *k = &r->call->kernels->nchw8c;
    if (r->mean)
        k->window_sum(y, x, w, scale, n);
    else
        k->window_max(y, x, w, n);
}

// `inside` rows of the window lie in the image; `padded` also counts the rows that padding adds to
// the divisor.
static float scale_of(const pool_run *r, int64_t inside, int64_t padded, int64_t columns,
                      int64_t padded_columns)
{
    const bool all = r->p->count_include_pad;
    return 1.0f / (float)(all ? padded * padded_columns : inside * columns);
}

static void pool_row(const pool_run *r, const nn_blocked_row *at)
{
    const nn_tensor *in = &r->call->in[0];
    const nn_pool2d_params *p = r->p;
    int64_t y0, y1, padded = nn_pool2d_clip(p, 0, at->y, r->in_h, &y0, &y1);
    const float *x = nn_blocked_at(in, at->n, at->block, y0, 0);
    float *y = nn_blocked_row_data(r->call->out, at);
    nn_nchw8c_window w = {.height = y1 - y0, .row = in->row, .step = p->stride[1] * NN_BLOCK};
    for (int64_t ox = 0; ox < r->call->out->shape.dim[3]; ox++) {
        int64_t x0, x1, wide = nn_pool2d_clip(p, 1, ox, r->in_w, &x0, &x1);
        const int64_t n = ox == r->first && r->last > ox ? r->last - ox : 1;
        w.width = x1 - x0;
        write_windows(r, y + ox * NN_BLOCK, x + x0 * NN_BLOCK, &w,
                      scale_of(r, w.height, padded, w.width, wide), n);
        ox += n - 1;
    }
}

static void pool_rows(void *ctx, int64_t begin, int64_t end, int worker)
{
    (void)worker;
    const pool_run *r = ctx;
    for (int64_t u = begin; u < end; u++) {
        const nn_blocked_row at = nn_blocked_row_at(r->call->out, u);
        pool_row(r, &at);
    }
}

void nn_pool2d_run_blocked(const nn_op_call *call, bool mean)
{
    const nn_pool2d_params *p = call->params;
    const nn_shape *x = &call->in[0].shape;
    pool_run r = {call, p, mean, x->dim[2], x->dim[3], 0, 0};
    const int64_t stride = p->stride[1], room = r.in_w - p->kernel[1] + p->pad[1];
    r.first = (p->pad[1] + stride - 1) / stride;
    r.last = room >= 0 ? room / stride + 1 : 0;
    if (r.last > call->out->shape.dim[3])
        r.last = call->out->shape.dim[3];
    nn_blocked_run_rows(call->pool, call->out, 1, pool_rows, &r);
}
