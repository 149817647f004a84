// SPDX-License-Identifier: MIT
// 2-d convolution: parameters, shapes, and the run on dense tensors: depthwise and 1x1 kernels
// here, all others in conv2d_dense.c.
#include "nn/ops/common/check.h"
#include "nn/ops/conv/conv2d_dense.h"
#include "nn/ops/conv/conv2d_impls.h"
#include "nn/ops/int8/int8.h"

#include <limits.h>
#include <string.h>

enum { X, WEIGHT, BIAS, SKIP };

// How the pixels of a 1x1 convolution are cut into tasks.
typedef struct columns {
    bool gathered;       // strided or padded: the pixels are first copied side by side
    int64_t size, count; // pixels of a strip; strips of an image
    int64_t floats;      // scratch of one thread
    int64_t chunks;      // parts of the batch, for the weight gradient
} columns;

static columns find_columns(const nn_conv_layout *l)
{
    enum { MIN = 128, ALIGN = 16, MIN_STRIPS = 4 };
    const nn_conv_geometry *w = &l->geometry;
    columns c = {.size = NN_CONV_CACHE_FLOATS / l->k / ALIGN * ALIGN};
    c.gathered = w->stride_h != 1 || w->stride_w != 1 || w->pad_top || w->pad_left ||
                 l->pixels != l->in_pixels;
    if (c.size < MIN)
        c.size = MIN;
    // Strips of a single image are shorter, so that several threads have work.
    if (l->images * l->groups == 1 && c.size > l->pixels / MIN_STRIPS)
        c.size = nn_conv_round(l->pixels / MIN_STRIPS + 1);
    if (c.size > l->pixels)
        c.size = l->pixels;
    c.count = (l->pixels + c.size - 1) / c.size;
    c.floats = c.gathered ? nn_conv_round(l->k * c.size) : 0;
    c.chunks = l->images < NN_CONV_CHUNKS ? l->images : NN_CONV_CHUNKS;
    return c;
}

static nn_status check_params(const nn_conv2d_params *p, nn_error *err)
{
    for (int i = 0; i < 2; i++)
        if (p->stride[i] < 1 || p->dilation[i] < 1 || p->stride[i] > NN_OP_MAX_STEP ||
            p->dilation[i] > NN_OP_MAX_STEP)
            return nn_fail(err, NN_EINVAL,
                           "conv2d: stride %dx%d and dilation %dx%d must be positive, up to %d",
                           p->stride[0], p->stride[1], p->dilation[0], p->dilation[1],
                           NN_OP_MAX_STEP);
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
                       "conv2d: x %s has %lld channels, weight %s with groups=%d needs %lld", xs,
                       (long long)x->dim[1], ws, p->groups, (long long)(w->dim[1] * p->groups));
    if (w->dim[0] % p->groups)
        return nn_fail(err, NN_ESHAPE, "conv2d: %lld output channels do not divide into %d groups",
                       (long long)w->dim[0], p->groups);
    if (n_in > BIAS && in[BIAS].rank >= 0 && (in[BIAS].rank != 1 || in[BIAS].dim[0] != w->dim[0]))
        return nn_fail(err, NN_ESHAPE, "conv2d: bias %s does not fit %lld output channels",
                       nn_shape_text(&in[BIAS], xs, sizeof xs), (long long)w->dim[0]);
    return NN_OK;
}

static nn_status check_skip(const nn_shape *in, int n_in, const nn_shape *out, nn_error *err)
{
    char skip[80], y[80];
    if (n_in <= SKIP || in[SKIP].rank < 0 || nn_shape_equal(&in[SKIP], out))
        return NN_OK;
    return nn_fail(err, NN_ESHAPE, "conv2d: what is added has shape %s, the result %s",
                   nn_shape_text(&in[SKIP], skip, sizeof skip), nn_shape_text(out, y, sizeof y));
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
    nn_conv_find_pads(p, &in[WEIGHT], pad);
    *out = nn_shape_4d(in[X].dim[0], in[WEIGHT].dim[0], 0, 0);
    for (int i = 0; i < 2; i++) {
        int64_t size = in[X].dim[2 + i] + pad[i] + pad[2 + i];
        int64_t reach = p->dilation[i] * (in[WEIGHT].dim[2 + i] - 1) + 1;
        if (pad[i] > NN_OP_MAX_STEP || pad[2 + i] > NN_OP_MAX_STEP)
            return nn_fail(err, NN_EINVAL, "conv2d: padding %d+%d is over %d", pad[i], pad[2 + i],
                           NN_OP_MAX_STEP);
        if (size < reach)
            return nn_fail(err, NN_ESHAPE,
                           "conv2d: %s %lld with padding %d+%d is smaller than kernel %lld with "
                           "dilation %d",
                           i ? "width" : "height", (long long)in[X].dim[2 + i], pad[i], pad[2 + i],
                           (long long)in[WEIGHT].dim[2 + i], p->dilation[i]);
        out->dim[2 + i] = (size - reach) / p->stride[i] + 1;
    }
    return check_skip(in, n_in, out, err);
}

static int64_t weight_floats(const nn_conv_layout *l)
{
    return nn_conv_round(l->groups * l->m * l->k);
}

static size_t scratch_bytes(const void *params, const nn_shape *in, int n_in, const nn_shape *out,
                            int threads, bool backward)
{
    (void)n_in;
    nn_conv_layout l = nn_conv_find_layout(params, in, out);
    int64_t floats = 0;
    if (l.method == NN_CONV_DIRECT) {
        floats = nn_conv_dense_scratch(&l, threads, backward);
    } else if (l.method == NN_CONV_SGEMM) {
        columns c = find_columns(&l);
        floats = threads * c.floats + (backward ? c.chunks * weight_floats(&l) : 0);
    }
    return (size_t)floats * sizeof(float);
}

static double count_macs(const void *params, const nn_shape *in, int n_in, const nn_shape *out)
{
    (void)params, (void)n_in;
    return (double)nn_shape_count(out) * (double)nn_shape_span(&in[WEIGHT], 1, 4);
}

// --- forward ---

// Index: image, output channel.
static void forward_planes(void *ctx, int64_t begin, int64_t end, int worker)
{
    (void)worker;
    const nn_conv_run *r = ctx;
    const nn_kernels *kernels = r->call->kernels;
    const nn_conv_layout *l = &r->l;
    int64_t channels = l->groups * l->m;
    for (int64_t i = begin; i < end; i++) {
        int64_t o = i % channels, c = i / channels * l->groups + o / l->m;
        float *y = r->y + i * l->pixels;
        kernels->depthwise_plane.run(y, r->x + c * l->in_pixels, r->weight + o * l->k,
                                     r->bias ? r->bias[o] : 0.0f, &l->geometry);
        if (r->act != NN_ACT_NONE)
            kernels->eltwise.act[r->act](y, y, l->pixels);
    }
}

typedef struct sgemm_pass {
    const nn_conv_run *run;
    columns c;
    float *gathered; // c.floats for each thread
    float *partial;  // weight gradients, c.chunks times weight_floats
} sgemm_pass;

static void fill(float *y, float value, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        y[i] = value;
}

// Index: image, group, strip.
static void forward_columns(void *ctx, int64_t begin, int64_t end, int worker)
{
    const sgemm_pass *p = ctx;
    const nn_conv_run *r = p->run;
    const nn_kernels *kernels = r->call->kernels;
    const nn_conv_layout *l = &r->l;
    for (int64_t t = begin; t < end; t++) {
        int64_t block = t / p->c.count, g = block % l->groups, p0 = t % p->c.count * p->c.size;
        int64_t n = l->pixels - p0 < p->c.size ? l->pixels - p0 : p->c.size, ldb = l->pixels;
        const float *x = r->x + block * l->geometry.channels * l->in_pixels, *b = x + p0;
        if (p->c.gathered) {
            float *to = p->gathered + worker * p->c.floats;
            kernels->gemm.im2col(to, p->c.size, x, &l->geometry, p0, p0 + n);
            b = to;
            ldb = p->c.size;
        }
        float *y = r->y + block * l->m * l->pixels + p0;
        if (r->bias)
            for (int64_t i = 0; i < l->m; i++)
                fill(y + i * l->pixels, r->bias[g * l->m + i], n);
        kernels->gemm.sgemm(false, false, l->m, n, l->k, 1.0f, r->weight + g * l->m * l->k, l->k, b,
                            ldb, r->bias ? 1.0f : 0.0f, y, l->pixels);
        if (r->act != NN_ACT_NONE)
            for (int64_t i = 0; i < l->m; i++)
                kernels->eltwise.act[r->act](y + i * l->pixels, y + i * l->pixels, n);
    }
}

static nn_conv_run find_run(const nn_op_call *call, const nn_shape *out)
{
    nn_shape in[2] = {call->in[X].shape, call->in[WEIGHT].shape};
    return (nn_conv_run){
        .call = call,
        .l = nn_conv_find_layout(call->params, in, out),
        .x = nn_tensor_f32(&call->in[X]),
        .weight = nn_tensor_f32(&call->in[WEIGHT]),
        .bias = call->n_in > BIAS ? nn_tensor_f32(&call->in[BIAS]) : NULL,
        .act = (nn_act)((const nn_conv2d_params *)call->params)->act,
    };
}

typedef struct skip_pass {
    const nn_op_call *call;
    nn_act act;
} skip_pass;

static void add_skip(void *ctx, int64_t begin, int64_t end, int worker)
{
    (void)worker;
    const skip_pass *p = ctx;
    const nn_eltwise_kernels *eltwise = &p->call->kernels->eltwise;
    float *y = nn_tensor_f32(p->call->out) + begin;
    eltwise->add(y, y, nn_tensor_f32(&p->call->in[SKIP]) + begin, end - begin);
    if (p->act != NN_ACT_NONE)
        eltwise->act[p->act](y, y, end - begin);
}

static void forward_sum(const nn_op_call *call, nn_conv_run r)
{
    const nn_conv_layout *l = &r.l;
    if (l->method == NN_CONV_DIRECT) {
        nn_conv_dense_forward(&r);
    } else if (l->method == NN_CONV_DEPTHWISE) {
        nn_pool_run(call->pool, l->images * l->groups * l->m, 1, forward_planes, &r);
    } else {
        sgemm_pass p = {.run = &r, .c = find_columns(l), .gathered = call->scratch};
        nn_pool_run(call->pool, l->images * l->groups * p.c.count, 1, forward_columns, &p);
    }
}

static void forward(const nn_op_call *call)
{
    enum { GRAIN = 16384 };
    nn_conv_run r = find_run(call, &call->out->shape);
    r.y = nn_tensor_f32(call->out);
    if (call->n_in <= SKIP || !call->in[SKIP].data) {
        forward_sum(call, r);
        return;
    }
    skip_pass p = {call, r.act};
    r.act = NN_ACT_NONE; // applied later, to the sum with what is added
    forward_sum(call, r);
    nn_pool_run(call->pool, nn_shape_count(&call->out->shape), GRAIN, add_skip, &p);
}

// --- backward ---

// Index: input channel, over all images, so that no two tasks add to the same place.
static void backward_planes(void *ctx, int64_t begin, int64_t end, int worker)
{
    (void)worker;
    const nn_conv_run *r = ctx;
    const nn_conv_layout *l = &r->l;
    for (int64_t c = begin; c < end; c++)
        for (int64_t n = 0; n < l->images; n++)
            for (int64_t o = c * l->m; o < (c + 1) * l->m; o++) {
                int64_t plane = (n * l->groups + c) * l->in_pixels;
                if (r->gx && r->unset && o == c * l->m)
                    memset(r->gx + plane, 0, (size_t)l->in_pixels * sizeof *r->gx);
                r->call->kernels->depthwise_plane.grad(
                    r->gx ? r->gx + plane : NULL, r->gw ? r->gw + o * l->k : NULL,
                    r->gy + (n * l->groups * l->m + o) * l->pixels, r->x + plane,
                    r->weight + o * l->k, &l->geometry);
            }
}

// Both gradients of one image and group; gw is overwritten when `first`.
static void backward_image(const sgemm_pass *p, int64_t block, float *gw, bool first, float *to)
{
    const nn_conv_run *r = p->run;
    const nn_gemm_kernels *gemm = &r->call->kernels->gemm;
    const nn_conv_layout *l = &r->l;
    const float *weight = r->weight + block % l->groups * l->m * l->k;
    int64_t plane = block * l->geometry.channels * l->in_pixels;
    if (r->gx && r->unset && p->c.gathered)
        memset(r->gx + plane, 0, (size_t)(l->geometry.channels * l->in_pixels) * sizeof *r->gx);
    for (int64_t p0 = 0; p0 < l->pixels; p0 += p->c.size) {
        int64_t n = l->pixels - p0 < p->c.size ? l->pixels - p0 : p->c.size;
        int64_t ldb = p->c.gathered ? p->c.size : l->pixels;
        const float *gy = r->gy + block * l->m * l->pixels + p0;
        if (gw && p->c.gathered)
            gemm->im2col(to, p->c.size, r->x + plane, &l->geometry, p0, p0 + n);
        if (gw)
            gemm->sgemm(false, true, l->m, l->k, n, 1.0f, gy, l->pixels,
                        p->c.gathered ? to : r->x + plane + p0, ldb, first && p0 == 0 ? 0.0f : 1.0f,
                        gw, l->k);
        if (r->gx)
            gemm->sgemm(true, false, l->k, n, l->m, 1.0f, weight, l->k, gy, l->pixels,
                        p->c.gathered || r->unset ? 0.0f : 1.0f,
                        p->c.gathered ? to : r->gx + plane + p0, ldb);
        if (r->gx && p->c.gathered)
            gemm->col2im(r->gx + plane, to, p->c.size, &l->geometry, p0, p0 + n);
    }
}

// Index: chunk of images, group.
static void backward_chunks(void *ctx, int64_t begin, int64_t end, int worker)
{
    const sgemm_pass *p = ctx;
    const nn_conv_layout *l = &p->run->l;
    for (int64_t t = begin; t < end; t++) {
        int64_t chunk = t / l->groups, g = t % l->groups;
        int64_t first = nn_conv_part(l->images, chunk, p->c.chunks);
        float *gw = p->run->gw ? p->partial + chunk * weight_floats(l) + g * l->m * l->k : NULL;
        for (int64_t n = first; n < nn_conv_part(l->images, chunk + 1, p->c.chunks); n++)
            backward_image(p, n * l->groups + g, gw, n == first,
                           p->gathered + worker * p->c.floats);
    }
}

static void add_partials(void *ctx, int64_t begin, int64_t end, int worker)
{
    (void)worker;
    const sgemm_pass *p = ctx;
    float *gw = p->run->gw + begin;
    for (int64_t i = 0; i < p->c.chunks; i++)
        p->run->call->kernels->eltwise.add(
            gw, gw, p->partial + i * weight_floats(&p->run->l) + begin, end - begin);
}

static void backward_columns(const nn_conv_run *r)
{
    enum { GRAIN = 4096 };
    const nn_conv_layout *l = &r->l;
    sgemm_pass p = {.run = r, .c = find_columns(l), .partial = r->call->scratch};
    p.gathered = p.partial + p.c.chunks * weight_floats(l);
    nn_pool_run(r->call->pool, p.c.chunks * l->groups, 1, backward_chunks, &p);
    if (r->gw)
        nn_pool_run(r->call->pool, l->groups * l->m * l->k, GRAIN, add_partials, &p);
}

typedef struct bias_pass {
    const nn_conv_run *run;
    float *gb;
} bias_pass;

static void backward_bias(void *ctx, int64_t begin, int64_t end, int worker)
{
    (void)worker;
    const bias_pass *b = ctx;
    const nn_conv_layout *l = &b->run->l;
    for (int64_t o = begin; o < end; o++) {
        double sum = 0.0;
        for (int64_t n = 0; n < l->images; n++)
            sum += b->run->call->kernels->eltwise.sum(
                b->run->gy + (n * l->groups * l->m + o) * l->pixels, l->pixels);
        b->gb[o] += (float)sum;
    }
}

static void backward(const nn_op_call *call)
{
    enum { BIAS_GRAIN = 4 };
    nn_conv_run r = find_run(call, &call->grad_out->shape);
    const nn_conv_layout *l = &r.l;
    r.gy = nn_tensor_f32(call->grad_out);
    r.gx = nn_tensor_f32(&call->grad_in[X]);
    r.gw = nn_tensor_f32(&call->grad_in[WEIGHT]);
    r.unset = call->unset;
    bias_pass b = {&r, call->n_in > BIAS ? nn_tensor_f32(&call->grad_in[BIAS]) : NULL};
    if (b.gb)
        nn_pool_run(call->pool, l->groups * l->m, BIAS_GRAIN, backward_bias, &b);
    if (!r.gx && !r.gw)
        return;
    if (l->method == NN_CONV_DIRECT)
        nn_conv_dense_backward(&r);
    else if (l->method == NN_CONV_DEPTHWISE)
        nn_pool_run(call->pool, l->groups, 1, backward_planes, &r);
    else
        backward_columns(&r);
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
    .max_in = 4,
    .flags = NN_OP_WRITES_GRADIENT | NN_OP_INT8_QUANTIZES,
    .params_size = sizeof(nn_conv2d_params),
    .fields = fields,
    .shape = find_shape,
    .scratch = scratch_bytes,
    .macs = count_macs,
    .forward = forward,
    .backward = backward,
    .impls = nn_conv_impls,
    .int8 = nn_int8_conv2d,
};
