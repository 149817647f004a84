// SPDX-License-Identifier: MIT
// Transposed convolution: the gradient of conv2d's input as a layer, by matrix products and col2im.
#include "nn/ops/conv/conv_transpose_impls.h"

#include "nn/base/arith.h"
#include "nn/ops/common/check.h"

#include <limits.h>
#include <string.h>

enum { X, WEIGHT, BIAS };
// Output channels of a task, and input pixels that it multiplies at a time.
enum { CHANNELS = 8, PIXELS = 1024 };

typedef struct layout {
    const nn_op_call *call;
    nn_conv_geometry geometry;        // of the convolution whose gradient this is
    int64_t images, groups, in, out;  // channels of a group
    int64_t taps, pixels, out_pixels; // KH KW, H W, OH OW
    int64_t blocks;                   // of output channels of a group
    float *y, *gx, *gw, *col;
    const float *x, *weight, *bias, *gy;
} layout;

static nn_status check_params(const nn_conv_transpose_params *p, nn_error *err)
{
    bool good = p->groups >= 1;
    for (int i = 0; i < 2; i++)
        good = good && p->stride[i] >= 1 && p->dilation[i] >= 1 && p->output_pad[i] >= 0 &&
               (p->output_pad[i] < p->stride[i] || p->output_pad[i] < p->dilation[i]) &&
               p->stride[i] <= NN_OP_MAX_STEP && p->dilation[i] <= NN_OP_MAX_STEP;
    for (int i = 0; i < 4; i++)
        good = good && p->pad[i] >= 0 && p->pad[i] <= NN_OP_MAX_STEP;
    return good ? NN_OK
                : nn_fail(err, NN_EINVAL,
                          "conv_transpose: stride, dilation, padding or groups out of range");
}

static nn_status find_shape(const void *params, const nn_shape *in, int n_in, nn_shape *out,
                            nn_error *err)
{
    const nn_conv_transpose_params *p = params;
    const nn_shape *x = &in[X], *w = &in[WEIGHT];
    char xs[80], ws[80];
    nn_status status = check_params(p, err);
    if (status)
        return status;
    nn_shape_text(x, xs, sizeof xs);
    nn_shape_text(w, ws, sizeof ws);
    if (x->rank != 4 || w->rank != 4 || x->dim[1] != w->dim[0] || w->dim[0] % p->groups ||
        w->dim[0] < 1 || w->dim[1] < 1)
        return nn_fail(err, NN_ESHAPE,
                       "conv_transpose: x %s must be (N,C,H,W) and weight %s (C,O/%d,KH,KW)", xs,
                       ws, p->groups);
    *out = nn_shape_4d(x->dim[0], w->dim[1] * p->groups, 0, 0);
    for (int i = 0; i < 2; i++) {
        const int64_t n = x->dim[2 + i], k = w->dim[2 + i];
        if (n < 1 || k < 1 || n > INT_MAX / p->stride[i] || k > INT_MAX / p->dilation[i])
            return nn_fail(err, NN_ESHAPE, "conv_transpose: x %s, weight %s", xs, ws);
        const int64_t size = (n - 1) * p->stride[i] + p->dilation[i] * (k - 1) + 1 +
                             p->output_pad[i] - p->pad[i] - p->pad[2 + i];
        if (size < 1 || size > INT_MAX)
            return nn_fail(err, NN_ESHAPE, "conv_transpose: no output along axis %d of x %s", 2 + i,
                           xs);
        out->dim[2 + i] = size;
    }
    if (n_in > BIAS && in[BIAS].rank >= 0 && (in[BIAS].rank != 1 || in[BIAS].dim[0] != out->dim[1]))
        return nn_fail(err, NN_ESHAPE, "conv_transpose: bias %s for %lld channels",
                       nn_shape_text(&in[BIAS], xs, sizeof xs), (long long)out->dim[1]);
    return NN_OK;
}

static layout find_layout(const nn_op_call *call, const nn_shape *out)
{
    const nn_conv_transpose_params *p = call->params;
    const nn_shape *x = &call->in[X].shape, *w = &call->in[WEIGHT].shape;
    layout l = {
        .call = call,
        .geometry = {.in_h = (int)out->dim[2],
                     .in_w = (int)out->dim[3],
                     .out_h = (int)x->dim[2],
                     .out_w = (int)x->dim[3],
                     .kernel_h = (int)w->dim[2],
                     .kernel_w = (int)w->dim[3],
                     .stride_h = p->stride[0],
                     .stride_w = p->stride[1],
                     .pad_top = p->pad[0],
                     .pad_left = p->pad[1],
                     .dilation_h = p->dilation[0],
                     .dilation_w = p->dilation[1]},
        .images = x->dim[0],
        .groups = p->groups,
        .in = w->dim[0] / p->groups,
        .out = w->dim[1],
        .taps = w->dim[2] * w->dim[3],
        .pixels = x->dim[2] * x->dim[3],
        .out_pixels = out->dim[2] * out->dim[3],
        .col = call->scratch,
        .x = nn_tensor_f32(&call->in[X]),
        .weight = nn_tensor_f32(&call->in[WEIGHT]),
        .bias = call->n_in > BIAS ? nn_tensor_f32(&call->in[BIAS]) : NULL,
    };
    l.blocks = nn_divide_up(l.out, CHANNELS);
    return l;
}

static size_t find_scratch(const void *params, const nn_shape *in, int n_in, const nn_shape *out,
                           int threads, bool backward)
{
    const nn_shape *x = &in[X], *w = &in[WEIGHT];
    (void)params, (void)n_in, (void)out;
    const int64_t rows = nn_min(w->dim[1], CHANNELS) * w->dim[2] * w->dim[3];
    return (size_t)(rows * nn_min(x->dim[2] * x->dim[3], PIXELS)) * sizeof(float) *
           (size_t)(backward ? 1 : threads);
}

static double count_macs(const void *params, const nn_shape *in, int n_in, const nn_shape *out)
{
    (void)params, (void)n_in, (void)out;
    return (double)nn_shape_count(&in[X]) * (double)nn_shape_span(&in[WEIGHT], 1, 4);
}

// A block of output channels, and the addresses of its weights, inputs and outputs.
typedef struct block {
    int64_t image, group, first, count;
    const float *weight, *x; // of the block's channels and the group
    int64_t out;             // offset in the output
} block;

static block find_block(const layout *l, int64_t t)
{
    block b = {.image = t / l->blocks / l->groups, .group = t / l->blocks % l->groups};
    b.first = t % l->blocks * CHANNELS;
    b.count = nn_min(l->out - b.first, CHANNELS);
    b.weight = l->weight + (b.group * l->in * l->out + b.first) * l->taps;
    b.x = l->x + (b.image * l->groups + b.group) * l->in * l->pixels;
    b.out = ((b.image * l->groups + b.group) * l->out + b.first) * l->out_pixels;
    return b;
}

static void forward_blocks(void *ctx, int64_t begin, int64_t end, int worker)
{
    const layout *l = ctx;
    const nn_gemm_kernels *gemm = &l->call->kernels->gemm;
    const int64_t step = nn_min(l->pixels, PIXELS);
    float *col = l->col + worker * nn_min(l->out, CHANNELS) * l->taps * step;
    for (int64_t t = begin; t < end; t++) {
        const block b = find_block(l, t);
        nn_conv_geometry geometry = l->geometry;
        geometry.channels = (int)b.count;
        float *y = l->y + b.out;
        for (int64_t c = 0; c < b.count; c++)
            for (int64_t i = 0; i < l->out_pixels; i++)
                y[c * l->out_pixels + i] = l->bias ? l->bias[b.group * l->out + b.first + c] : 0.0f;
        for (int64_t at = 0; at < l->pixels; at += step) {
            const int64_t n = nn_min(l->pixels - at, step);
            gemm->sgemm(true, false, b.count * l->taps, n, l->in, 1.0f, b.weight, l->out * l->taps,
                        b.x + at, l->pixels, 0.0f, col, step);
            gemm->col2im(y, col, step, &geometry, at, at + n);
        }
    }
}

static void forward(const nn_op_call *call)
{
    layout l = find_layout(call, &call->out->shape);
    l.y = nn_tensor_f32(call->out);
    nn_pool_run(call->pool, l.images * l.groups * l.blocks, 1, forward_blocks, &l);
}

static void add_bias_gradient(const layout *l, float *gb)
{
    const int64_t channels = l->groups * l->out;
    for (int64_t i = 0; i < l->images * channels; i++)
        gb[i % channels] +=
            (float)l->call->kernels->eltwise.sum(l->gy + i * l->out_pixels, l->out_pixels);
}

// One thread, block after block: the gradients of weight and input add up over blocks.
static void backward(const nn_op_call *call)
{
    layout l = find_layout(call, &call->grad_out->shape);
    const nn_gemm_kernels *gemm = &call->kernels->gemm;
    const int64_t step = nn_min(l.pixels, PIXELS);
    l.gy = nn_tensor_f32(call->grad_out);
    l.gx = nn_tensor_f32(&call->grad_in[X]);
    l.gw = nn_tensor_f32(&call->grad_in[WEIGHT]);
    if (call->n_in > BIAS && call->grad_in[BIAS].data)
        add_bias_gradient(&l, nn_tensor_f32(&call->grad_in[BIAS]));
    for (int64_t t = 0; (l.gx || l.gw) && t < l.images * l.groups * l.blocks; t++) {
        const block b = find_block(&l, t);
        nn_conv_geometry geometry = l.geometry;
        geometry.channels = (int)b.count;
        for (int64_t at = 0; at < l.pixels; at += step) {
            const int64_t n = nn_min(l.pixels - at, step), rows = b.count * l.taps;
            gemm->im2col(l.col, step, l.gy + b.out, &geometry, at, at + n);
            if (l.gx)
                gemm->sgemm(false, false, l.in, n, rows, 1.0f, b.weight, l.out * l.taps, l.col,
                            step, 1.0f, l.gx + (b.x - l.x) + at, l.pixels);
            if (l.gw)
                gemm->sgemm(false, true, l.in, rows, n, 1.0f, b.x + at, l.pixels, l.col, step, 1.0f,
                            l.gw + (b.weight - l.weight), l.out * l.taps);
        }
    }
}

static const nn_field fields[] = {
    {"stride", NN_FIELD_INT, offsetof(nn_conv_transpose_params, stride), 2, NULL},
    {"dilation", NN_FIELD_INT, offsetof(nn_conv_transpose_params, dilation), 2, NULL},
    {"output_pad", NN_FIELD_INT, offsetof(nn_conv_transpose_params, output_pad), 2, NULL},
    {"pad", NN_FIELD_INT, offsetof(nn_conv_transpose_params, pad), 4, NULL},
    {"groups", NN_FIELD_INT, offsetof(nn_conv_transpose_params, groups), 1, NULL},
    {0},
};

const nn_op nn_op_conv_transpose = {
    .name = "conv_transpose",
    .min_in = 2,
    .max_in = 3,
    .params_size = sizeof(nn_conv_transpose_params),
    .fields = fields,
    .shape = find_shape,
    .scratch = find_scratch,
    .macs = count_macs,
    .forward = forward,
    .backward = backward,
    .impls = nn_conv_transpose_impls,
};
