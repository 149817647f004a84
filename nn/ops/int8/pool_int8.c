// SPDX-License-Identifier: MIT
// Pooling of quantised images. Windows at the borders are clipped, so that no halo is read.
#include "nn/base/arith.h"
#include "nn/ops/common/pool2d.h"
#include "nn/ops/int8/int8.h"

typedef struct pool_run {
    const nn_op_call *call;
    const nn_pool2d_params *p;
    bool mean;
    int64_t first, last; // output columns whose windows lie inside the image from left to right
} pool_run;

// Of a mean, all numbers of a window count, `divisor` of them; those outside are 0.
static void write_windows(const pool_run *r, uint8_t *y, const uint8_t *x, const nn_int8_window *w,
                          float divisor, int64_t n)
{
    const nn_int8_row_kernels *k = &r->call->kernels->int8rows;
    if (!r->mean) {
        k->max(w, y, x, n);
        return;
    }
    const nn_op_quantized *in = &r->call->quantized[0], *out = in + r->call->n_in;
    const float scale = *in->scale / (*out->scale * divisor), taps = (float)(w->height * w->width);
    k->mean(w, y, x, scale, out->zero - in->zero * taps * scale, n);
}

static void pool_row(const pool_run *r, const nn_int8_row *at)
{
    const nn_tensor *in = &r->call->in[0];
    const int64_t in_h = in->shape.dim[2], in_w = in->shape.dim[3];
    const nn_pool2d_params *p = r->p;
    int64_t y0, y1, padded = nn_pool2d_clip(p, 0, at->y, in_h, &y0, &y1);
    const uint8_t *x = nn_byte_blocked_at(in, at->n, at->block, y0, 0);
    uint8_t *y = nn_int8_row_data(r->call->out, at);
    nn_int8_window w = {.height = (int)(y1 - y0),
                        .row = in->row,
                        .tap = NN_BYTE_BLOCK,
                        .step = (int64_t)p->stride[1] * NN_BYTE_BLOCK};
    for (int64_t ox = 0; ox < r->call->out->shape.dim[3]; ox++) {
        int64_t x0, x1, wide = nn_pool2d_clip(p, 1, ox, in_w, &x0, &x1);
        const int64_t n = ox == r->first && r->last > ox ? r->last - ox : 1;
        w.width = (int)(x1 - x0);
        const int64_t divisor = p->count_include_pad ? padded * wide : w.height * w.width;
        write_windows(r, y + ox * NN_BYTE_BLOCK, x + x0 * NN_BYTE_BLOCK, &w, (float)divisor, n);
        ox += n - 1;
    }
}

static void pool_rows(void *ctx, int64_t begin, int64_t end, int worker)
{
    const pool_run *r = ctx;
    (void)worker;
    for (int64_t u = begin; u < end; u++) {
        const nn_int8_row at = nn_int8_row_at(r->call->out, u);
        pool_row(r, &at);
    }
}

static void run(const nn_op_call *call, bool mean)
{
    const nn_pool2d_params *p = call->params;
    const int64_t stride = p->stride[1], out_w = call->out->shape.dim[3];
    const int64_t room = call->in[0].shape.dim[3] - p->kernel[1] + p->pad[1];
    pool_run r = {call, p, mean, (p->pad[1] + stride - 1) / stride, 0};
    r.last = room >= 0 ? room / stride + 1 : 0;
    r.last = r.last < out_w ? r.last : out_w;
    nn_int8_run_rows(call->pool, call->out, (int64_t)p->kernel[0] * p->kernel[1], pool_rows, &r);
}

static void run_max(const nn_op_call *call)
{
    run(call, false);
}

static void run_mean(const nn_op_call *call)
{
    run(call, true);
}

// --- adaptive ---

static void adaptive_rows(void *ctx, int64_t begin, int64_t end, int worker)
{
    const pool_run *r = ctx;
    const nn_tensor *in = &r->call->in[0], *out = r->call->out;
    const int64_t *from = in->shape.dim, *to = out->shape.dim;
    (void)worker;
    for (int64_t u = begin; u < end; u++) {
        const nn_int8_row at = nn_int8_row_at(out, u);
        uint8_t *y = nn_int8_row_data(out, &at);
        const int64_t y0 = at.y * from[2] / to[2];
        nn_int8_window w = {.height = (int)(nn_divide_up((at.y + 1) * from[2], to[2]) - y0),
                            .row = in->row,
                            .tap = NN_BYTE_BLOCK};
        for (int64_t ox = 0; ox < to[3]; ox++) {
            const int64_t x0 = ox * from[3] / to[3];
            w.width = (int)(nn_divide_up((ox + 1) * from[3], to[3]) - x0);
            write_windows(r, y + ox * NN_BYTE_BLOCK, nn_byte_blocked_at(in, at.n, at.block, y0, x0),
                          &w, (float)(w.height * w.width), 1);
        }
    }
}

static void run_adaptive(const nn_op_call *call)
{
    pool_run r = {.call = call, .mean = true};
    const nn_shape *in = &call->in[0].shape, *out = &call->out->shape;
    const int64_t taps = nn_shape_span(in, 2, 4) / nn_max(nn_shape_span(out, 2, 4), 1) + 1;
    nn_int8_run_rows(call->pool, call->out, taps, adaptive_rows, &r);
}

static bool find(const nn_op_problem *problem, nn_op_impl *impl, void (*run)(const nn_op_call *))
{
    if (problem->act != NN_ACT_NONE || !nn_int8_all_bytes(problem, 1))
        return false;
    *impl = (nn_op_impl){.name = "int8", .blocked_in = 1, .blocked_out = true, .run = run};
    return true;
}

bool nn_int8_max_pool(const nn_op_problem *problem, nn_op_impl *impl)
{
    const nn_op_quantized *in = &problem->quantized[0], *out = in + problem->n_in;
    return find(problem, impl, run_max) && *in->scale == *out->scale && in->zero == out->zero;
}

bool nn_int8_adaptive_avg_pool(const nn_op_problem *problem, nn_op_impl *impl)
{
    enum { MOST_TAPS = 1 << 24 }; // of a sum
    return find(problem, impl, run_adaptive) && nn_shape_span(&problem->in[0], 2, 4) <= MOST_TAPS;
}

bool nn_int8_avg_pool(const nn_op_problem *problem, nn_op_impl *impl)
{
    return find(problem, impl, run_mean);
}
