// SPDX-License-Identifier: MIT
// Resizes images with all sampling modes of ONNX's Resize. resize.c has only the modes of torch's
// interpolate, but is 3 to 17 times as fast. Cubic: Keys 1981.
#include "nn/ops/common/check.h"
#include "nn/ops/ops.h"

#include <float.h>
#include <math.h>

enum { TAPS = 4 };

// Where an output coordinate samples an axis.
typedef struct taps {
    int32_t at[TAPS];
    float weight[TAPS];
    int32_t count; // 0: outside, the value of the parameters
} taps;

typedef struct resample_run {
    const nn_resample_params *p;
    int64_t in[2], out[2]; // y, x
    taps *axis[2];
    const float *x, *gy;
    float *y, *gx;
} resample_run;

static nn_status find_shape(const void *params, const nn_shape *in, int n_in, nn_shape *out,
                            nn_error *err)
{
    const nn_resample_params *p = params;
    char text[96];
    (void)n_in;
    nn_status status = nn_op_require("resample", in, 0, err);
    if (status)
        return status;
    if (in[0].rank != 4)
        return nn_fail(err, NN_ESHAPE, "resample: x %s must be (N,C,H,W)",
                       nn_shape_text(&in[0], text, sizeof text));
    if (p->mode < 0 || p->mode > NN_SAMPLE_CUBIC || p->place < 0 || p->place > NN_PLACE_CROP ||
        p->rounding < 0 || p->rounding > NN_ROUND_UP)
        return nn_fail(err, NN_EINVAL, "resample: a mode that is none");
    const bool sized = p->place == NN_PLACE_CROP || p->place == NN_PLACE_HALF_PIXEL_TORCH ||
                       p->place == NN_PLACE_CORNERS;
    *out = in[0];
    for (int i = 0; i < 2; i++) {
        const float scaled = floorf((float)in[0].dim[2 + i] * p->scale[i]);
        if (in[0].dim[2 + i] < 1 || in[0].dim[2 + i] > INT32_MAX || p->size[i] < 0 ||
            !(p->scale[i] > 0) ||
            (p->size[i] == 0 && (sized || !(scaled >= 1 && scaled < 0x1p31f))))
            return nn_fail(err, NN_EINVAL, "resample: axis %d to %d, scale %g", 2 + i, p->size[i],
                           (double)p->scale[i]);
        out->dim[2 + i] = p->size[i] > 0 ? p->size[i] : (int64_t)scaled;
    }
    return NN_OK;
}

static size_t find_scratch(const void *params, const nn_shape *in, int n_in, const nn_shape *out,
                           int threads, bool backward)
{
    (void)params, (void)in, (void)n_in, (void)threads, (void)backward;
    return (size_t)(out->dim[2] + out->dim[3]) * sizeof(taps);
}

// Input coordinate of output element `at`, in float32 and in ONNX Runtime's order of operations,
// because the last bit decides which pixel is the nearest. With corners aligned, ONNX Runtime,
// PyTorch and TensorFlow use the size, as the standard's text says ("length_resized"); two of its
// tests use scale * in without rounding.
static float find_place(const nn_resample_params *p, int axis, int64_t at, int64_t in)
{
    const float scale = p->scale[axis], x = (float)at;
    const float first = p->crop[axis], last = p->crop[2 + axis], span = (float)(in - 1);
    const int32_t size = p->size[axis];
    switch (p->place) {
    case NN_PLACE_CORNERS:
        return size > 1 ? x * span / (float)(size - 1) : 0;
    case NN_PLACE_ASYMMETRIC:
        return x / scale;
    case NN_PLACE_HALF_OUTPUT:
        return (x + 0.5f) / scale;
    case NN_PLACE_CROP:
        return size > 1 ? first * span + x * (last - first) * span / (float)(size - 1)
                        : 0.5f * (first + last) * span;
    case NN_PLACE_HALF_PIXEL_TORCH:
        return size > 1 ? (x + 0.5f) / scale - 0.5f : 0;
    default:
        return (x + 0.5f) / scale - 0.5f;
    }
}

// Whether a coordinate lies half way between two pixels, up to the rounding of float32, as in ONNX
// Runtime.
static bool is_half(float x)
{
    return fabsf(x - floorf(x) - 0.5f) <= FLT_EPSILON * fmaxf(1, fabsf(x));
}

static int64_t round_place(nn_sample_rounding rounding, float x)
{
    switch (rounding) {
    case NN_ROUND_DOWN:
        return (int64_t)floorf(x);
    case NN_ROUND_UP:
        return (int64_t)ceilf(x);
    case NN_ROUND_HALF_UP:
        return is_half(x) ? (int64_t)ceilf(x) : (int64_t)roundf(x);
    default:
        return is_half(x) ? (int64_t)floorf(x) : (int64_t)roundf(x);
    }
}

static void weigh_cubic(float a, double t, float *weight)
{
    for (int i = 0; i < TAPS; i++) {
        const double d = fabs(t + 1 - i);
        weight[i] = (float)(d <= 1 ? ((a + 2) * d - (a + 3)) * d * d + 1
                                   : ((a * d - 5 * a) * d + 8 * a) * d - 4 * a);
    }
}

static taps find_taps(const nn_resample_params *p, int axis, int64_t at, int64_t in)
{
    const float x = find_place(p, axis, at, in), below = floorf(x);
    const double t = (double)x - (double)below;
    taps s = {.count = p->mode == NN_SAMPLE_NEAREST ? 1 : p->mode == NN_SAMPLE_LINEAR ? 2 : TAPS};
    int64_t first = (int64_t)below - (s.count == TAPS);
    if (!(x >= -1e9f && x <= 1e9f) || (p->place == NN_PLACE_CROP && (x < 0 || x > (float)(in - 1))))
        return (taps){.count = 0};
    if (p->mode == NN_SAMPLE_NEAREST) {
        first = round_place((nn_sample_rounding)p->rounding, x);
        s.weight[0] = 1;
    } else if (p->mode == NN_SAMPLE_LINEAR) {
        s.weight[0] = (float)(1 - t);
        s.weight[1] = (float)t;
    } else {
        weigh_cubic(p->cubic, t, s.weight);
    }
    float sum = 0;
    for (int i = 0; i < s.count; i++) {
        const int64_t from = first + i;
        if (p->exclude_outside && (from < 0 || from >= in))
            s.weight[i] = 0;
        sum += s.weight[i];
        s.at[i] = (int32_t)(from < 0 ? 0 : from >= in ? in - 1 : from);
    }
    for (int i = 0; p->exclude_outside && sum != 0 && i < s.count; i++)
        s.weight[i] /= sum;
    return s;
}

void nn_resample_reach(const nn_resample_params *p, int axis, int64_t in, int64_t at,
                       int64_t *first, int64_t *last)
{
    const taps t = find_taps(p, axis, at, in);
    *first = in;
    *last = -1;
    for (int i = 0; i < t.count; i++)
        if (t.weight[i] != 0) {
            *first = t.at[i] < *first ? t.at[i] : *first;
            *last = t.at[i] > *last ? t.at[i] : *last;
        }
}

static resample_run plan_run(const nn_op_call *call)
{
    const nn_shape *in = &call->in[0].shape, *out = &call->out->shape;
    resample_run r = {.p = call->params,
                      .in = {in->dim[2], in->dim[3]},
                      .out = {out->dim[2], out->dim[3]},
                      .axis = {call->scratch, (taps *)call->scratch + out->dim[2]},
                      .x = nn_tensor_f32(&call->in[0]),
                      .y = nn_tensor_f32(call->out)};
    for (int axis = 0; axis < 2; axis++)
        for (int64_t i = 0; i < r.out[axis]; i++)
            r.axis[axis][i] = find_taps(r.p, axis, i, r.in[axis]);
    return r;
}

static void forward_rows(void *ctx, int64_t begin, int64_t end, int worker)
{
    const resample_run *r = ctx;
    (void)worker;
    for (int64_t row = begin; row < end; row++) {
        const taps *v = &r->axis[0][row % r->out[0]];
        const float *plane = r->x + row / r->out[0] * r->in[0] * r->in[1];
        float *y = r->y + row * r->out[1];
        for (int64_t i = 0; i < r->out[1]; i++) {
            const taps *h = &r->axis[1][i];
            float sum = v->count && h->count ? 0 : r->p->value;
            for (int a = 0; a < v->count; a++)
                for (int b = 0; b < h->count; b++)
                    sum += v->weight[a] * h->weight[b] * plane[v->at[a] * r->in[1] + h->at[b]];
            y[i] = sum;
        }
    }
}

static void forward(const nn_op_call *call)
{
    resample_run r = plan_run(call);
    const int64_t work = r.out[1] * TAPS;
    nn_pool_run(call->pool, nn_shape_span(&call->out->shape, 0, 3),
                work < NN_OP_CHUNK ? NN_OP_CHUNK / work : 1, forward_rows, &r);
}

// Whole planes, so that no two tasks add to the same element.
static void backward_planes(void *ctx, int64_t begin, int64_t end, int worker)
{
    const resample_run *r = ctx;
    (void)worker;
    for (int64_t row = begin * r->out[0]; row < end * r->out[0]; row++) {
        const taps *v = &r->axis[0][row % r->out[0]];
        float *plane = r->gx + row / r->out[0] * r->in[0] * r->in[1];
        const float *gy = r->gy + row * r->out[1];
        for (int64_t i = 0; i < r->out[1]; i++) {
            const taps *h = &r->axis[1][i];
            for (int a = 0; a < v->count; a++)
                for (int b = 0; b < h->count; b++)
                    plane[v->at[a] * r->in[1] + h->at[b]] += gy[i] * v->weight[a] * h->weight[b];
        }
    }
}

static void backward(const nn_op_call *call)
{
    if (!call->grad_in[0].data)
        return;
    resample_run r = plan_run(call);
    r.gx = nn_tensor_f32(&call->grad_in[0]);
    r.gy = nn_tensor_f32(call->grad_out);
    nn_pool_run(call->pool, nn_shape_span(&call->out->shape, 0, 2), 1, backward_planes, &r);
}

static const char *const modes[] = {"nearest", "linear", "cubic", NULL};
static const char *const places[] = {
    "half_pixel", "half_pixel_torch", "corners", "asymmetric", "half_output", "crop", NULL};
static const char *const roundings[] = {"half_down", "half_up", "down", "up", NULL};
static const nn_field fields[] = {
    {"mode", NN_FIELD_ENUM, offsetof(nn_resample_params, mode), 1, modes},
    {"place", NN_FIELD_ENUM, offsetof(nn_resample_params, place), 1, places},
    {"rounding", NN_FIELD_ENUM, offsetof(nn_resample_params, rounding), 1, roundings},
    {"exclude_outside", NN_FIELD_INT, offsetof(nn_resample_params, exclude_outside), 1, NULL},
    {"size", NN_FIELD_INT, offsetof(nn_resample_params, size), 2, NULL},
    {"scale", NN_FIELD_FLOAT, offsetof(nn_resample_params, scale), 2, NULL},
    {"crop", NN_FIELD_FLOAT, offsetof(nn_resample_params, crop), 4, NULL},
    {"cubic", NN_FIELD_FLOAT, offsetof(nn_resample_params, cubic), 1, NULL},
    {"value", NN_FIELD_FLOAT, offsetof(nn_resample_params, value), 1, NULL},
    {0},
};

const nn_op nn_op_resample = {
    .name = "resample",
    .min_in = 1,
    .max_in = 1,
    .params_size = sizeof(nn_resample_params),
    .fields = fields,
    .shape = find_shape,
    .scratch = find_scratch,
    .forward = forward,
    .backward = backward,
};
