// SPDX-License-Identifier: MIT
// 2-d convolution: strips of im2col and a matrix product, or direct when depthwise.
#include "nn/ops/ops.h"

#include <limits.h>
#include <string.h>

// The columns of one strip should stay in the second-level cache between gather and product.
enum { STRIP_FLOATS = 64 * 1024, STRIP_MIN = 128, STRIP_ALIGN = 16 };
// Weight gradients are summed over this many fixed groups of images, whatever the number of
// threads, so that the result does not depend on it.
enum { GRAD_CHUNKS = 8 };

enum { X, WEIGHT, BIAS };

// Everything that follows from parameters and shapes.
typedef struct layout {
    nn_window window; // channels: of one group
    int64_t images, groups, pixels;
    int64_t m, k;          // rows of the product (output channels of a group), its depth
    bool depthwise;        // one input channel per group
    bool pointwise;        // 1x1, stride 1, no padding: the planes are the columns
    int64_t strip, strips; // output pixels per strip, strips per image
    int64_t chunks;        // of images, backward
    int64_t col_floats;    // scratch of one thread
} layout;

static void find_pads(const nn_conv2d_params *p, const nn_shape *w, int32_t pad[4])
{
    memcpy(pad, p->pad, 4 * sizeof *pad);
    if (p->pad[0] == -1) {
        pad[0] = pad[2] = (int32_t)(p->dilation[0] * (w->dim[2] - 1) / 2);
        pad[1] = pad[3] = (int32_t)(p->dilation[1] * (w->dim[3] - 1) / 2);
    }
}

static int64_t round_up(int64_t n, int64_t unit)
{
    return (n + unit - 1) / unit * unit;
}

static void choose_strips(layout *l)
{
    l->strip = STRIP_FLOATS / l->k / STRIP_ALIGN * STRIP_ALIGN;
    if (l->strip < STRIP_MIN)
        l->strip = STRIP_MIN;
    // A single image still gives several threads something to do.
    if (l->images * l->groups == 1 && l->strip > l->pixels / 4)
        l->strip = round_up(l->pixels / 4 + 1, STRIP_ALIGN);
    if (l->strip > l->pixels)
        l->strip = l->pixels;
    l->strips = (l->pixels + l->strip - 1) / l->strip;
    l->col_floats = l->pointwise || l->depthwise ? 0 : round_up(l->k * l->strip, STRIP_ALIGN);
}

static layout find_layout(const nn_conv2d_params *p, const nn_shape *in, const nn_shape *out)
{
    const nn_shape *x = &in[X], *w = &in[WEIGHT];
    int32_t pad[4];
    find_pads(p, w, pad);
    layout l = {
        .window = {.channels = (int)w->dim[1],
                   .in_h = (int)x->dim[2],
                   .in_w = (int)x->dim[3],
                   .out_h = (int)out->dim[2],
                   .out_w = (int)out->dim[3],
                   .kernel_h = (int)w->dim[2],
                   .kernel_w = (int)w->dim[3],
                   .stride_h = p->stride[0],
                   .stride_w = p->stride[1],
                   .pad_top = pad[0],
                   .pad_left = pad[1],
                   .dilation_h = p->dilation[0],
                   .dilation_w = p->dilation[1]},
        .images = x->dim[0],
        .groups = p->groups,
        .pixels = out->dim[2] * out->dim[3],
        .m = w->dim[0] / p->groups,
        .k = w->dim[1] * w->dim[2] * w->dim[3],
        .depthwise = w->dim[1] == 1 && p->groups > 1,
    };
    l.pointwise = w->dim[2] == 1 && w->dim[3] == 1 && p->stride[0] == 1 && p->stride[1] == 1 &&
                  !pad[0] && !pad[1] && !pad[2] && !pad[3];
    l.chunks = l.images < GRAD_CHUNKS ? l.images : GRAD_CHUNKS;
    choose_strips(&l);
    return l;
}

static nn_status check_params(const nn_conv2d_params *p, nn_error *err)
{
    for (int i = 0; i < 2; i++)
        if (p->stride[i] < 1 || p->dilation[i] < 1)
            return nn_fail(err, NN_EINVAL,
                           "conv2d: stride %dx%d and dilation %dx%d must be positive", p->stride[0],
                           p->stride[1], p->dilation[0], p->dilation[1]);
    for (int i = 0; i < 4; i++)
        if (p->pad[i] < 0 && p->pad[0] != -1)
            return nn_fail(err, NN_EINVAL, "conv2d: negative padding %d", p->pad[i]);
    if (p->groups < 1)
        return nn_fail(err, NN_EINVAL, "conv2d: groups must be positive, not %d", p->groups);
    if (p->act < 0 || p->act >= NN_ACT_COUNT)
        return nn_fail(err, NN_EINVAL, "conv2d: unknown activation %d", p->act);
    return NN_OK;
}

static nn_status check_inputs(const nn_conv2d_params *p, const nn_shape *in, int n_in,
                              nn_error *err)
{
    char xs[80], ws[80];
    const nn_shape *x = &in[X], *w = &in[WEIGHT];
    nn_shape_text(x, xs, sizeof xs);
    nn_shape_text(w, ws, sizeof ws);
    if (x->rank != 4 || w->rank != 4)
        return nn_fail(err, NN_ESHAPE,
                       "conv2d: x %s must be (N,C,H,W) and weight %s (O,C/groups,KH,KW)", xs, ws);
    for (int i = 0; i < 4; i++)
        if (x->dim[i] < 1 || w->dim[i] < 1 || x->dim[i] > INT_MAX / 4 || w->dim[i] > INT_MAX / 4)
            return nn_fail(err, NN_ESHAPE,
                           "conv2d: x %s or weight %s has an empty or too large side", xs, ws);
    if (x->dim[1] != w->dim[1] * p->groups)
        return nn_fail(err, NN_ESHAPE,
                       "conv2d: x %s has %lld channels, weight %s with groups=%d wants %lld", xs,
                       (long long)x->dim[1], ws, p->groups, (long long)(w->dim[1] * p->groups));
    if (w->dim[0] % p->groups)
        return nn_fail(err, NN_ESHAPE, "conv2d: %lld output channels do not divide into %d groups",
                       (long long)w->dim[0], p->groups);
    if (n_in > BIAS && in[BIAS].rank >= 0 && (in[BIAS].rank != 1 || in[BIAS].dim[0] != w->dim[0]))
        return nn_fail(err, NN_ESHAPE, "conv2d: bias %s does not fit %lld output channels",
                       nn_shape_text(&in[BIAS], xs, sizeof xs), (long long)w->dim[0]);
    return NN_OK;
}

static nn_status find_shape(const void *params, const nn_shape *in, int n_in, nn_shape *out,
                            nn_error *err)
{
    const nn_conv2d_params *p = params;
    nn_status status = check_params(p, err);
    if (!status)
        status = check_inputs(p, in, n_in, err);
    if (status)
        return status;
    int32_t pad[4];
    find_pads(p, &in[WEIGHT], pad);
    *out = nn_shape_4d(in[X].dim[0], in[WEIGHT].dim[0], 0, 0);
    for (int i = 0; i < 2; i++) {
        int64_t size = in[X].dim[2 + i] + pad[i] + pad[2 + i];
        int64_t reach = p->dilation[i] * (in[WEIGHT].dim[2 + i] - 1) + 1;
        if (size < reach)
            return nn_fail(err, NN_ESHAPE,
                           "conv2d: %s %lld with padding %d+%d is smaller than kernel %lld with "
                           "dilation %d",
                           i ? "width" : "height", (long long)in[X].dim[2 + i], pad[i], pad[2 + i],
                           (long long)in[WEIGHT].dim[2 + i], p->dilation[i]);
        out->dim[2 + i] = (size - reach) / p->stride[i] + 1;
    }
    return NN_OK;
}

static int64_t weight_floats(const layout *l)
{
    return round_up(l->groups * l->m * l->k, STRIP_ALIGN);
}

static size_t scratch_bytes(const void *params, const nn_shape *in, int n_in, const nn_shape *out,
                            int threads, bool backward)
{
    (void)n_in;
    layout l = find_layout(params, in, out);
    int64_t floats = threads * l.col_floats;
    if (backward && !l.depthwise)
        floats += l.chunks * weight_floats(&l);
    return (size_t)floats * sizeof(float);
}

static double count_macs(const void *params, const nn_shape *in, int n_in, const nn_shape *out)
{
    (void)params, (void)n_in;
    return (double)nn_shape_count(out) * (double)nn_shape_span(&in[WEIGHT], 1, 4);
}

// --- forward ---

typedef struct forward_ctx {
    const nn_op_call *call;
    layout l;
    const float *x, *weight, *bias;
    float *y, *col;
    nn_act act;
} forward_ctx;

static void forward_planes(void *ctx, int64_t begin, int64_t end, int worker)
{
    (void)worker;
    const forward_ctx *f = ctx;
    const nn_kernels *kernels = f->call->kernels;
    const layout *l = &f->l;
    int64_t channels = l->groups * l->m, in_pixels = (int64_t)l->window.in_h * l->window.in_w;
    for (int64_t i = begin; i < end; i++) {
        int64_t o = i % channels, c = (i / channels) * l->groups + o / l->m;
        float *y = f->y + i * l->pixels;
        kernels->gemm.depthwise(y, f->x + c * in_pixels, f->weight + o * l->k,
                                f->bias ? f->bias[o] : 0.0f, &l->window);
        if (f->act != NN_ACT_NONE)
            kernels->eltwise.act[f->act](y, y, l->pixels);
    }
}

static void fill(float *y, float value, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        y[i] = value;
}

static void forward_strips(void *ctx, int64_t begin, int64_t end, int worker)
{
    const forward_ctx *f = ctx;
    const nn_kernels *kernels = f->call->kernels;
    const layout *l = &f->l;
    int64_t in_pixels = (int64_t)l->window.in_h * l->window.in_w;
    for (int64_t t = begin; t < end; t++) {
        int64_t block = t / l->strips, g = block % l->groups; // block: image and group
        int64_t p0 = t % l->strips * l->strip;
        int64_t n = l->pixels - p0 < l->strip ? l->pixels - p0 : l->strip;
        const float *x = f->x + block * l->window.channels * in_pixels, *b = x + p0;
        int64_t ldb = l->pixels;
        if (!l->pointwise) {
            float *col = f->col + worker * l->col_floats;
            kernels->gemm.im2col(col, l->strip, x, &l->window, p0, p0 + n);
            b = col;
            ldb = l->strip;
        }
        float *y = f->y + block * l->m * l->pixels + p0;
        if (f->bias)
            for (int64_t i = 0; i < l->m; i++)
                fill(y + i * l->pixels, f->bias[g * l->m + i], n);
        kernels->gemm.sgemm(false, false, l->m, n, l->k, 1.0f, f->weight + g * l->m * l->k, l->k, b,
                            ldb, f->bias ? 1.0f : 0.0f, y, l->pixels);
        if (f->act != NN_ACT_NONE)
            for (int64_t i = 0; i < l->m; i++)
                kernels->eltwise.act[f->act](y + i * l->pixels, y + i * l->pixels, n);
    }
}

static void forward(const nn_op_call *call)
{
    const nn_conv2d_params *p = call->params;
    nn_shape in[2] = {call->in[X].shape, call->in[WEIGHT].shape};
    forward_ctx f = {
        .call = call,
        .l = find_layout(p, in, &call->out->shape),
        .x = nn_tensor_f32(&call->in[X]),
        .weight = nn_tensor_f32(&call->in[WEIGHT]),
        .bias = call->n_in > BIAS ? nn_tensor_f32(&call->in[BIAS]) : NULL,
        .y = nn_tensor_f32(call->out),
        .col = call->scratch,
        .act = (nn_act)p->act,
    };
    if (f.l.depthwise)
        nn_pool_run(call->pool, f.l.images * f.l.groups * f.l.m, 1, forward_planes, &f);
    else
        nn_pool_run(call->pool, f.l.images * f.l.groups * f.l.strips, 1, forward_strips, &f);
}

// --- backward ---

typedef struct backward_ctx {
    const nn_op_call *call;
    layout l;
    const float *x, *weight, *gy;
    float *gx, *gw, *gb;  // NULL where not wanted
    float *col, *partial; // partial: chunks times weight_floats
} backward_ctx;

// One input channel over all images, so that no two tasks add to the same place.
static void backward_planes(void *ctx, int64_t begin, int64_t end, int worker)
{
    (void)worker;
    const backward_ctx *b = ctx;
    const layout *l = &b->l;
    int64_t in_pixels = (int64_t)l->window.in_h * l->window.in_w;
    for (int64_t c = begin; c < end; c++)
        for (int64_t n = 0; n < l->images; n++)
            for (int64_t o = c * l->m; o < (c + 1) * l->m; o++) {
                int64_t plane = (n * l->groups + c) * in_pixels;
                b->call->kernels->gemm.depthwise_grad(
                    b->gx ? b->gx + plane : NULL, b->gw ? b->gw + o * l->k : NULL,
                    b->gy + (n * l->groups * l->m + o) * l->pixels, b->x + plane,
                    b->weight + o * l->k, &l->window);
            }
}

// One image and group: both gradients from one gather.
static void backward_image(const backward_ctx *b, int64_t block, float *gw, bool first, float *col)
{
    const nn_gemm_kernels *gemm = &b->call->kernels->gemm;
    const layout *l = &b->l;
    int64_t channels = l->window.channels, in_pixels = (int64_t)l->window.in_h * l->window.in_w;
    const float *x = b->x + block * channels * in_pixels;
    const float *weight = b->weight + block % l->groups * l->m * l->k;
    float *gx = b->gx ? b->gx + block * channels * in_pixels : NULL;
    for (int64_t s = 0; s < l->strips; s++) {
        int64_t p0 = s * l->strip;
        int64_t n = l->pixels - p0 < l->strip ? l->pixels - p0 : l->strip;
        const float *gy = b->gy + block * l->m * l->pixels + p0;
        if (gw && !l->pointwise)
            gemm->im2col(col, l->strip, x, &l->window, p0, p0 + n);
        if (gw)
            gemm->sgemm(false, true, l->m, l->k, n, 1.0f, gy, l->pixels,
                        l->pointwise ? x + p0 : col, l->pointwise ? l->pixels : l->strip,
                        first && s == 0 ? 0.0f : 1.0f, gw, l->k);
        if (gx && l->pointwise) {
            gemm->sgemm(true, false, l->k, n, l->m, 1.0f, weight, l->k, gy, l->pixels, 1.0f,
                        gx + p0, l->pixels);
        } else if (gx) {
            gemm->sgemm(true, false, l->k, n, l->m, 1.0f, weight, l->k, gy, l->pixels, 0.0f, col,
                        l->strip);
            gemm->col2im(gx, col, l->strip, &l->window, p0, p0 + n);
        }
    }
}

// Index: chunk of images, then group.
static void backward_chunks(void *ctx, int64_t begin, int64_t end, int worker)
{
    const backward_ctx *b = ctx;
    const layout *l = &b->l;
    float *col = b->col + worker * l->col_floats;
    for (int64_t t = begin; t < end; t++) {
        int64_t chunk = t / l->groups, g = t % l->groups;
        int64_t n0 = l->images * chunk / l->chunks, n1 = l->images * (chunk + 1) / l->chunks;
        float *gw = b->gw ? b->partial + chunk * weight_floats(l) + g * l->m * l->k : NULL;
        for (int64_t n = n0; n < n1; n++)
            backward_image(b, n * l->groups + g, gw, n == n0, col);
    }
}

static void add_partials(void *ctx, int64_t begin, int64_t end, int worker)
{
    (void)worker;
    const backward_ctx *b = ctx;
    for (int64_t i = 0; i < b->l.chunks; i++)
        b->call->kernels->eltwise.add(b->gw + begin, b->gw + begin,
                                      b->partial + i * weight_floats(&b->l) + begin, end - begin);
}

static void backward_bias(void *ctx, int64_t begin, int64_t end, int worker)
{
    (void)worker;
    const backward_ctx *b = ctx;
    int64_t channels = b->l.groups * b->l.m, pixels = b->l.pixels;
    for (int64_t o = begin; o < end; o++) {
        double sum = 0.0;
        for (int64_t n = 0; n < b->l.images; n++)
            sum += b->call->kernels->eltwise.sum(b->gy + (n * channels + o) * pixels, pixels);
        b->gb[o] += (float)sum;
    }
}

static void backward(const nn_op_call *call)
{
    nn_shape in[2] = {call->in[X].shape, call->in[WEIGHT].shape};
    backward_ctx b = {
        .call = call,
        .l = find_layout(call->params, in, &call->grad_out->shape),
        .x = nn_tensor_f32(&call->in[X]),
        .weight = nn_tensor_f32(&call->in[WEIGHT]),
        .gy = nn_tensor_f32(call->grad_out),
        .gx = nn_tensor_f32(&call->grad_in[X]),
        .gw = nn_tensor_f32(&call->grad_in[WEIGHT]),
        .gb = call->n_in > BIAS ? nn_tensor_f32(&call->grad_in[BIAS]) : NULL,
        .partial = call->scratch,
    };
    enum { REDUCE_GRAIN = 4096, BIAS_GRAIN = 4 };
    const layout *l = &b.l;
    if (b.gb)
        nn_pool_run(call->pool, l->groups * l->m, BIAS_GRAIN, backward_bias, &b);
    if (!b.gx && !b.gw)
        return;
    if (l->depthwise) {
        nn_pool_run(call->pool, l->groups, 1, backward_planes, &b);
        return;
    }
    b.col = b.partial + l->chunks * weight_floats(l);
    nn_pool_run(call->pool, l->chunks * l->groups, 1, backward_chunks, &b);
    if (b.gw)
        nn_pool_run(call->pool, l->groups * l->m * l->k, REDUCE_GRAIN, add_partials, &b);
}

static const nn_field fields[] = {
    {"stride", NN_FIELD_INT, offsetof(nn_conv2d_params, stride), 2, NULL},
    {"dilation", NN_FIELD_INT, offsetof(nn_conv2d_params, dilation), 2, NULL},
    {"pad", NN_FIELD_INT, offsetof(nn_conv2d_params, pad), 4, NULL},
    {"groups", NN_FIELD_INT, offsetof(nn_conv2d_params, groups), 1, NULL},
    {"act", NN_FIELD_ENUM, offsetof(nn_conv2d_params, act), 1, nn_act_names},
    {0},
};

const nn_op nn_op_conv2d = {
    .name = "conv2d",
    .min_in = 2,
    .max_in = 3,
    .params_size = sizeof(nn_conv2d_params),
    .fields = fields,
    .shape = find_shape,
    .scratch = scratch_bytes,
    .macs = count_macs,
    .forward = forward,
    .backward = backward,
};
