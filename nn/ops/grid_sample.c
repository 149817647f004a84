// SPDX-License-Identifier: MIT
// Samples an image at the places of a grid.
#include "nn/ops/common/check.h"
#include "nn/ops/ops.h"

#include <math.h>

enum { X, GRID, MAX_TAPS = 16 };
static const float CUBIC = -0.75f; // as torch

static nn_status find_shape(const void *params, const nn_shape *in, int n_in, nn_shape *out,
                            nn_error *err)
{
    const nn_grid_sample_params *p = params;
    const nn_shape *x = &in[X], *g = &in[GRID];
    char a[96], b[96];
    (void)n_in;
    if (p->mode < NN_GRID_BILINEAR || p->mode > NN_GRID_BICUBIC || p->padding < NN_GRID_ZEROS ||
        p->padding > NN_GRID_REFLECTION)
        return nn_fail(err, NN_EINVAL, "grid_sample: no mode %d with padding %d", p->mode,
                       p->padding);
    if (x->rank != 4 || g->rank != 4 || g->dim[3] != 2 || x->dim[0] != g->dim[0] || x->dim[2] < 1 ||
        x->dim[3] < 1 || x->dim[2] > NN_OP_MAX_STEP || x->dim[3] > NN_OP_MAX_STEP)
        return nn_fail(err, NN_ESHAPE,
                       "grid_sample: an image of %s and a grid of %s must be (N,C,H,W) and "
                       "(N,P,Q,2)",
                       nn_shape_text(x, a, sizeof a), nn_shape_text(g, b, sizeof b));
    *out = nn_shape_4d(x->dim[0], x->dim[1], g->dim[1], g->dim[2]);
    return NN_OK;
}

// The pixels that one place reads, and their parts.
typedef struct taps {
    int count;
    int64_t at[MAX_TAPS];
    float part[MAX_TAPS];
} taps;

// A place in [-1, 1] in pixels.
static float to_pixels(float v, int64_t size, bool align)
{
    return align ? (v + 1) / 2 * (float)(size - 1) : ((v + 1) * (float)size - 1) / 2;
}

static float clip(float v, int64_t size)
{
    return v > 0 ? v < (float)(size - 1) ? v : (float)(size - 1) : 0;
}

// Back and forth between the edges.
static float reflect(float v, int64_t size, bool align)
{
    const float low = align ? 0 : -0.5f, span = (float)(align ? size - 1 : size);
    if (span <= 0)
        return 0;
    v = fabsf(v - low);
    const float rest = fmodf(v, span);
    return fmodf(floorf(v / span), 2) != 0 ? span - rest + low : rest + low;
}

// Where a place outside is read instead. What is no place becomes one outside.
static float inside(const nn_grid_sample_params *p, float v, int64_t size)
{
    if (p->padding == NN_GRID_REFLECTION)
        v = reflect(v, size, p->align_corners != 0);
    if (p->padding != NN_GRID_ZEROS)
        v = clip(v, size);
    return fabsf(v) < 1e8f ? v : -100;
}

static void add_tap(taps *t, const nn_shape *x, float row, float column, float part)
{
    if (!(row >= 0 && row < (float)x->dim[2] && column >= 0 && column < (float)x->dim[3]))
        return;
    t->at[t->count] = (int64_t)row * x->dim[3] + (int64_t)column;
    t->part[t->count++] = part;
}

// Keys' cubic convolution at distances 1 + f, f, 1 - f, 2 - f.
static void cubic_parts(float f, float part[4])
{
    for (int i = 0; i < 4; i++) {
        const float d = fabsf(f + 1 - (float)i);
        part[i] = d <= 1 ? ((CUBIC + 2) * d - (CUBIC + 3)) * d * d + 1
                         : ((CUBIC * d - 5 * CUBIC) * d + 8 * CUBIC) * d - 4 * CUBIC;
    }
}

static void find_cubic(const nn_grid_sample_params *p, const nn_shape *x, float row, float column,
                       taps *t)
{
    float rows[4], columns[4];
    if (!(fabsf(row) < 1e8f && fabsf(column) < 1e8f))
        row = column = -100;
    const float top = floorf(row), left = floorf(column);
    cubic_parts(row - top, rows);
    cubic_parts(column - left, columns);
    for (int i = 0; i < 4; i++)
        for (int j = 0; j < 4; j++)
            add_tap(t, x, rintf(inside(p, top - 1 + (float)i, x->dim[2])),
                    rintf(inside(p, left - 1 + (float)j, x->dim[3])), rows[i] * columns[j]);
}

static void find_taps(const nn_grid_sample_params *p, const nn_shape *x, const float *place,
                      taps *t)
{
    const bool align = p->align_corners != 0;
    float row = to_pixels(place[1], x->dim[2], align);
    float column = to_pixels(place[0], x->dim[3], align);
    t->count = 0;
    if (p->mode == NN_GRID_BICUBIC) {
        find_cubic(p, x, row, column, t);
        return;
    }
    row = inside(p, row, x->dim[2]);
    column = inside(p, column, x->dim[3]);
    if (p->mode == NN_GRID_NEAREST) {
        add_tap(t, x, rintf(row), rintf(column), 1);
        return;
    }
    const float top = floorf(row), left = floorf(column), down = row - top, right = column - left;
    add_tap(t, x, top, left, (1 - down) * (1 - right));
    add_tap(t, x, top, left + 1, (1 - down) * right);
    add_tap(t, x, top + 1, left, down * (1 - right));
    add_tap(t, x, top + 1, left + 1, down * right);
}

// Index: place of the grid.
static void sample_places(void *ctx, int64_t begin, int64_t end, int worker)
{
    const nn_op_call *call = ctx;
    const nn_shape *s = &call->in[X].shape;
    const int64_t plane = s->dim[2] * s->dim[3], channels = s->dim[1];
    const int64_t places = call->out->shape.dim[2] * call->out->shape.dim[3];
    (void)worker;
    for (int64_t u = begin; u < end; u++) {
        const float *x = nn_tensor_f32(&call->in[X]) + u / places * channels * plane;
        float *y = nn_tensor_f32(call->out) + u / places * channels * places + u % places;
        taps t;
        find_taps(call->params, s, nn_tensor_f32(&call->in[GRID]) + 2 * u, &t);
        for (int64_t c = 0; c < channels; c++) {
            float sum = 0;
            for (int k = 0; k < t.count; k++)
                sum += t.part[k] * x[c * plane + t.at[k]];
            y[c * places] = sum;
        }
    }
}

static void forward(const nn_op_call *call)
{
    const nn_shape *g = &call->in[GRID].shape;
    const int64_t channels = call->in[X].shape.dim[1] + 1;
    nn_pool_run(call->pool, g->dim[0] * g->dim[1] * g->dim[2],
                channels < NN_OP_CHUNK / 8 ? NN_OP_CHUNK / 8 / channels : 1, sample_places,
                (void *)call);
}

// Index: channel of an image; places may meet in a pixel.
static void spread_channels(void *ctx, int64_t begin, int64_t end, int worker)
{
    const nn_op_call *call = ctx;
    const nn_shape *s = &call->in[X].shape;
    const int64_t plane = s->dim[2] * s->dim[3];
    const int64_t places = call->grad_out->shape.dim[2] * call->grad_out->shape.dim[3];
    (void)worker;
    for (int64_t u = begin; u < end; u++) {
        const float *grid = nn_tensor_f32(&call->in[GRID]) + u / s->dim[1] * places * 2;
        const float *gy = nn_tensor_f32(call->grad_out) + u * places;
        float *gx = nn_tensor_f32(&call->grad_in[X]) + u * plane;
        for (int64_t i = 0; i < places; i++) {
            taps t;
            find_taps(call->params, s, grid + 2 * i, &t);
            for (int k = 0; k < t.count; k++)
                gx[t.at[k]] += t.part[k] * gy[i];
        }
    }
}

static void backward(const nn_op_call *call)
{
    const nn_shape *s = &call->in[X].shape;
    if (call->grad_in[X].data)
        nn_pool_run(call->pool, s->dim[0] * s->dim[1], 1, spread_channels, (void *)call);
}

static const char *const modes[] = {"bilinear", "nearest", "bicubic", NULL};
static const char *const paddings[] = {"zeros", "border", "reflection", NULL};
static const nn_field fields[] = {
    {"mode", NN_FIELD_ENUM, offsetof(nn_grid_sample_params, mode), 1, modes},
    {"padding", NN_FIELD_ENUM, offsetof(nn_grid_sample_params, padding), 1, paddings},
    {"align_corners", NN_FIELD_INT, offsetof(nn_grid_sample_params, align_corners), 1, NULL},
    {0},
};

const nn_op nn_op_grid_sample = {
    .name = "grid_sample",
    .min_in = 2,
    .max_in = 2,
    .no_grad = 1u << GRID,
    .params_size = sizeof(nn_grid_sample_params),
    .fields = fields,
    .shape = find_shape,
    .forward = forward,
    .backward = backward,
};
