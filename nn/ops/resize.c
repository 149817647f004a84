// SPDX-License-Identifier: MIT
// Resizes feature maps, nearest or bilinear, with the sample positions of torch's interpolate.
#include "nn/ops/common/blocked_rows.h"
#include "nn/ops/common/check.h"
#include "nn/ops/common/resize_taps.h"
#include "nn/ops/int8/int8.h"
#include "nn/ops/ops.h"

#include <math.h>
#include <string.h>

// Where an output coordinate samples an axis; a and b are the two pixels.
typedef nn_nchw8c_tap tap;

typedef struct resize_run {
    const nn_op_call *call;
    const nn_resize_params *params;
    int64_t in_h, in_w, out_h, out_w;
    nn_resize_axis rows;
    tap *columns; // out_w of them
    const float *x, *gy;
    float *y, *gx;
} resize_run;

static nn_status check_input(const char *what, const nn_shape *s, nn_error *err)
{
    char text[96];
    if (s->rank != 4 || s->dim[2] < 1 || s->dim[3] < 1 || s->dim[2] > INT32_MAX ||
        s->dim[3] > INT32_MAX)
        return nn_fail(err, NN_ESHAPE, "resize: the %s must be NxCxHxW, it is %s", what,
                       nn_shape_text(s, text, sizeof text));
    return NN_OK;
}

static nn_status shape(const void *params, const nn_shape *in, int n_in, nn_shape *out,
                       nn_error *err)
{
    const nn_resize_params *p = params;
    const bool like = n_in > 1 && in[1].rank >= 0;
    nn_status status = nn_op_require("resize", in, 0, err);
    if (!status)
        status = check_input("input", &in[0], err);
    if (!status && like)
        status = check_input("target", &in[1], err);
    if (status)
        return status;
    if (p->mode != NN_RESIZE_NEAREST && p->mode != NN_RESIZE_BILINEAR)
        return nn_fail(err, NN_EINVAL, "resize: mode %d is none of nearest, bilinear", p->mode);
    *out = in[0];
    for (int i = 0; i < 2; i++) {
        // In float32, as torch and ONNX Runtime do: 10 * 0.7 is 7.
        const float scaled = floorf((float)in[0].dim[2 + i] * p->scale[i]);
        if (like)
            out->dim[2 + i] = in[1].dim[2 + i];
        else if (p->size[i] > 0)
            out->dim[2 + i] = p->size[i];
        else if (scaled >= 1 && scaled < 0x1p31f)
            out->dim[2 + i] = (int64_t)scaled;
        else
            return nn_fail(err, NN_EINVAL, "resize: axis %d of %lld with a scale of %g", 2 + i,
                           (long long)in[0].dim[2 + i], (double)p->scale[i]);
    }
    return NN_OK;
}

static size_t scratch(const void *params, const nn_shape *in, int n_in, const nn_shape *out,
                      int threads, bool backward)
{
    (void)params;
    (void)in;
    (void)n_in;
    (void)threads;
    (void)backward;
    return (size_t)out->dim[3] * sizeof(tap);
}

static resize_run plan_run(const nn_op_call *call)
{
    const nn_shape *in = &call->in[0].shape, *out = &call->out->shape;
    resize_run r = {.call = call,
                    .params = call->params,
                    .in_h = in->dim[2],
                    .in_w = in->dim[3],
                    .out_h = out->dim[2],
                    .out_w = out->dim[3],
                    .columns = call->scratch,
                    .x = nn_tensor_f32(&call->in[0]),
                    .y = nn_tensor_f32(call->out)};
    r.rows = nn_resize_axis_of(call, 0);
    nn_resize_find_taps(call, 1, r.columns);
    return r;
}

static void nearest_rows(void *ctx, int64_t begin, int64_t end, int worker)
{
    const resize_run *r = ctx;
    const float *last = NULL; // the row before, when it shows the same input row
    (void)worker;
    for (int64_t row = begin; row < end; row++) {
        const tap v = nn_resize_find_tap(&r->rows, row % r->out_h);
        const float *x = r->x + (row / r->out_h * r->in_h + v.a) * r->in_w;
        float *y = r->y + row * r->out_w;
        if (x == last)
            memcpy(y, y - r->out_w, (size_t)r->out_w * sizeof *y);
        else
            for (int64_t i = 0; i < r->out_w; i++)
                y[i] = x[r->columns[i].a];
        last = x;
    }
}

static void bilinear_rows(void *ctx, int64_t begin, int64_t end, int worker)
{
    const resize_run *r = ctx;
    (void)worker;
    for (int64_t row = begin; row < end; row++) {
        const tap v = nn_resize_find_tap(&r->rows, row % r->out_h);
        const float *plane = r->x + row / r->out_h * r->in_h * r->in_w;
        const float *top = plane + v.a * r->in_w, *bottom = plane + v.b * r->in_w;
        float *y = r->y + row * r->out_w;
        for (int64_t i = 0; i < r->out_w; i++) {
            const tap h = r->columns[i];
            const float upper = (1.0f - h.weight) * top[h.a] + h.weight * top[h.b];
            const float lower = (1.0f - h.weight) * bottom[h.a] + h.weight * bottom[h.b];
            y[i] = (1.0f - v.weight) * upper + v.weight * lower;
        }
    }
}

static int64_t grain_of(int64_t work)
{
    return work < NN_OP_CHUNK ? NN_OP_CHUNK / work : 1;
}

static void forward(const nn_op_call *call)
{
    resize_run r = plan_run(call);
    const int64_t rows = nn_shape_span(&call->out->shape, 0, 3);
    nn_pool_run(call->pool, rows, grain_of(r.out_w),
                r.params->mode == NN_RESIZE_NEAREST ? nearest_rows : bilinear_rows, &r);
}

static void nearest_row(const resize_run *r, float *y, const float *x)
{
    for (int64_t i = 0; i < r->out_w; i++)
        memcpy(y + i * NN_BLOCK, x + r->columns[i].a * (int64_t)NN_BLOCK, NN_BLOCK * sizeof *y);
}

static void block_rows(void *ctx, int64_t begin, int64_t end, int worker)
{
    const resize_run *r = ctx;
    const nn_tensor *x = &r->call->in[0];
    (void)worker;
    for (int64_t u = begin; u < end; u++) {
        const nn_blocked_row at = nn_blocked_row_at(r->call->out, u);
        const tap v = nn_resize_find_tap(&r->rows, at.y);
        const float *top = nn_blocked_at(x, at.n, at.block, v.a, 0);
        const float *bottom = nn_blocked_at(x, at.n, at.block, v.b, 0);
        float *y = nn_blocked_row_data(r->call->out, &at);
        if (r->params->mode == NN_RESIZE_NEAREST)
            nearest_row(r, y, top);
        else
            r->call->kernels->nchw8c.lerp(y, top, bottom, r->columns, v.weight, r->out_w);
    }
}

static void run_blocked(const nn_op_call *call)
{
    resize_run r = plan_run(call);
    nn_blocked_run_rows(call->pool, call->out, 1, block_rows, &r);
}

static int find_impls(const nn_op_problem *problem, nn_op_impl *impl)
{
    if (!nn_blocked_impl(problem, impl, run_blocked))
        return 0;
    impl->scratch_bytes =
        scratch(problem->params, problem->in, problem->n_in, problem->out, problem->threads, false);
    return 1;
}

// A task takes a whole plane, so that no two tasks add to the same element.
static void nearest_planes(void *ctx, int64_t begin, int64_t end, int worker)
{
    const resize_run *r = ctx;
    (void)worker;
    for (int64_t row = begin * r->out_h; row < end * r->out_h; row++) {
        const tap v = nn_resize_find_tap(&r->rows, row % r->out_h);
        float *gx = r->gx + (row / r->out_h * r->in_h + v.a) * r->in_w;
        const float *gy = r->gy + row * r->out_w;
        for (int64_t i = 0; i < r->out_w; i++)
            gx[r->columns[i].a] += gy[i];
    }
}

static void bilinear_planes(void *ctx, int64_t begin, int64_t end, int worker)
{
    const resize_run *r = ctx;
    (void)worker;
    for (int64_t row = begin * r->out_h; row < end * r->out_h; row++) {
        const tap v = nn_resize_find_tap(&r->rows, row % r->out_h);
        float *plane = r->gx + row / r->out_h * r->in_h * r->in_w;
        float *top = plane + v.a * r->in_w, *bottom = plane + v.b * r->in_w;
        const float *gy = r->gy + row * r->out_w;
        for (int64_t i = 0; i < r->out_w; i++) {
            const tap h = r->columns[i];
            const float upper = (1.0f - v.weight) * gy[i], lower = v.weight * gy[i];
            top[h.a] += (1.0f - h.weight) * upper;
            top[h.b] += h.weight * upper;
            bottom[h.a] += (1.0f - h.weight) * lower;
            bottom[h.b] += h.weight * lower;
        }
    }
}

static void backward(const nn_op_call *call)
{
    if (!call->grad_in[0].data)
        return;
    resize_run r = plan_run(call);
    r.gx = nn_tensor_f32(&call->grad_in[0]);
    r.gy = nn_tensor_f32(call->grad_out);
    nn_pool_run(call->pool, nn_shape_span(&call->out->shape, 0, 2), grain_of(r.out_h * r.out_w),
                r.params->mode == NN_RESIZE_NEAREST ? nearest_planes : bilinear_planes, &r);
}

static const char *const modes[] = {"nearest", "bilinear", NULL};
static const nn_field fields[] = {
    {"mode", NN_FIELD_ENUM, offsetof(nn_resize_params, mode), 1, modes},
    {"size", NN_FIELD_INT, offsetof(nn_resize_params, size), 2, NULL},
    {"scale", NN_FIELD_FLOAT, offsetof(nn_resize_params, scale), 2, NULL},
    {"align_corners", NN_FIELD_INT, offsetof(nn_resize_params, align_corners), 1, NULL},
    {0},
};

const nn_op nn_op_resize = {
    .name = "resize",
    .min_in = 1,
    .max_in = 2,
    .shape_only = 1u << 1,
    .no_grad = 1u << 1,
    .params_size = sizeof(nn_resize_params),
    .fields = fields,
    .shape = shape,
    .scratch = scratch,
    .forward = forward,
    .backward = backward,
    .impls = find_impls,
    .int8 = nn_int8_resize,
};
