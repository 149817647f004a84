// SPDX-License-Identifier: MIT
// Depthwise convolution of a blocked image. Weights may be constants or come from the graph.
#include "nn/base/arith.h"
#include "nn/ops/common/blocked_rows.h"
#include "nn/ops/conv/conv2d_impls.h"
#include "nn/ops/conv/conv2d_layout.h"

enum { X, WEIGHT, BIAS, SKIP };

typedef struct depthwise_run {
    const nn_op_call *call;
    nn_conv_layout l;
    const float *packed;
    bool skip;
    nn_act act;
} depthwise_run;

// Floats that are packed for each block: weights by tap, then biases.
static int64_t block_floats(int64_t taps)
{
    return (taps + 1) * NN_BLOCK;
}

static void pack(const nn_op_call *call, void *packed)
{
    const nn_shape *w = &call->in[WEIGHT].shape;
    const int64_t channels = w->dim[0], taps = w->dim[2] * w->dim[3];
    const float *weight = nn_tensor_f32(&call->in[WEIGHT]);
    const float *bias = call->n_in > BIAS ? nn_tensor_f32(&call->in[BIAS]) : NULL;
    float *to = packed;
    for (int64_t b = 0; b < nn_blocked_count(channels); b++, to += block_floats(taps))
        for (int64_t i = 0; i < NN_BLOCK; i++) {
            const int64_t c = b * NN_BLOCK + i;
            for (int64_t t = 0; t < taps; t++)
                to[t * NN_BLOCK + i] = c < channels ? weight[c * taps + t] : 0.0f;
            to[taps * NN_BLOCK + i] = bias && c < channels ? bias[c] : 0.0f;
        }
}

// Applies an activation that the kernel lacks to rows [begin, end).
static void activate(const depthwise_run *r, int64_t begin, int64_t end)
{
    for (int64_t u = begin; u < end; u++) {
        const nn_blocked_row at =
            nn_blocked_row_of(r->call->out, nn_blocked_bands(&r->call->in[X]), u);
        float *row = nn_blocked_row_data(r->call->out, &at);
        r->call->kernels->eltwise.act[r->act](row, row, (int64_t)r->l.geometry.out_w * NN_BLOCK);
    }
}

static void write_rows(void *ctx, int64_t begin, int64_t end, int worker)
{
    enum { LATER = 128 }; // pixels
    (void)worker;
    const depthwise_run *r = ctx;
    const nn_kernels *k = r->call->kernels;
    // Numbers that have just been stored take long to load in vectors of another size. So cores
    // that take sixteen at once, as they multiply panels in pairs, apply activations some rows
    // later.
    const int64_t later = nn_microkernel_panels(&k->microkernel) == 2 ? LATER : 1;
    const nn_tensor *x = &r->call->in[X], *y = r->call->out;
    const nn_conv_geometry *w = &r->l.geometry;
    nn_depthwise d = {
        .height = w->kernel_h,
        .width = w->kernel_w,
        .act = nn_act_early(r->act),
        .row = w->dilation_h * x->row,
        .tap = w->dilation_w * NN_BLOCK,
        .step = w->stride_w * NN_BLOCK,
    };
    const int64_t bands = nn_blocked_bands(x);
    for (int64_t u = begin, active = begin; u < end; u++) {
        const nn_blocked_row at = nn_blocked_row_of(y, bands, u);
        float *row = nn_blocked_row_data(y, &at);
        d.weight = r->packed + at.block * block_floats(r->l.k);
        d.bias = d.weight + r->l.k * NN_BLOCK;
        d.skip = r->skip ? nn_blocked_row_data(&r->call->in[SKIP], &at) : NULL;
        const float *from =
            nn_blocked_at(x, at.n, at.block, at.y * w->stride_h - w->pad_top, -w->pad_left);
        k->depthwise.run(&d, row, from, w->out_w);
        if (r->act != d.act && ((u + 1 - active) * w->out_w >= later || u + 1 == end)) {
            activate(r, active, u + 1);
            active = u + 1;
        }
    }
}

static void run_packed(const nn_op_call *call, const void *packed)
{
    const nn_shape in[2] = {call->in[X].shape, call->in[WEIGHT].shape};
    const nn_conv2d_params *p = call->params;
    depthwise_run r = {
        .call = call,
        .l = nn_conv_find_layout(p, in, &call->out->shape),
        .packed = packed,
        .skip = call->n_in > SKIP && call->in[SKIP].data,
        .act = (nn_act)p->act,
    };
    nn_blocked_run_rows(call->pool, call->out, nn_max(1, r.l.k / 6), write_rows, &r);
}

static void run_constant(const nn_op_call *call)
{
    run_packed(call, call->packed);
}

static void run_graph(const nn_op_call *call)
{
    pack(call, call->scratch);
    run_packed(call, call->scratch);
}

// Rows or columns that the last window reaches beyond the image.
static int reach_beyond(int out, int stride, int dilation, int kernel, int pad, int size)
{
    const int beyond = (out - 1) * stride + dilation * (kernel - 1) + 1 - pad - size;
    return beyond > 0 ? beyond : 0;
}

static nn_halo find_halo(const nn_conv_geometry *w)
{
    return (nn_halo){
        .top = w->pad_top,
        .left = w->pad_left,
        .bottom =
            reach_beyond(w->out_h, w->stride_h, w->dilation_h, w->kernel_h, w->pad_top, w->in_h),
        .right =
            reach_beyond(w->out_w, w->stride_w, w->dilation_w, w->kernel_w, w->pad_left, w->in_w),
    };
}

bool nn_conv_find_depthwise(const nn_op_problem *problem, nn_op_impl *impl)
{
    const nn_conv_layout l = nn_conv_find_layout(problem->params, problem->in, problem->out);
    if (l.method != NN_CONV_DEPTHWISE || l.m != 1)
        return false;
    const bool bias = problem->n_in > BIAS && problem->in[BIAS].rank >= 0;
    const bool skip = problem->n_in > SKIP && problem->in[SKIP].rank >= 0;
    const uint64_t weights = 1u << WEIGHT | (bias ? 1u << BIAS : 0);
    const bool constant = (problem->constant & weights) == weights;
    const int64_t blocks = nn_blocked_count(l.groups);
    const size_t bytes = (size_t)(blocks * block_floats(l.k)) * sizeof(float);
    *impl = (nn_op_impl){
        .name = "depthwise",
        .blocked_in = 1u << X | (skip ? 1u << SKIP : 0),
        .blocked_out = true,
        .halo = find_halo(&l.geometry),
        .unread = constant ? weights : 0,
        .packed_bytes = constant ? bytes : 0,
        .scratch_bytes = constant ? 0 : bytes,
        .pack = constant ? pack : NULL,
        .run = constant ? run_constant : run_graph,
    };
    // Each FMA needs two loads instead of one.
    impl->cost =
        1.3 * nn_conv_cost(problem, (double)(l.images * blocks * NN_BLOCK * l.pixels * l.k), 0);
    return true;
}
