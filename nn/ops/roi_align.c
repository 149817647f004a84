// SPDX-License-Identifier: MIT
// Means or maxima of bilinear samples, or of pixels, in parts of boxes. Has no gradient.
#include "nn/ops/common/check.h"
#include "nn/ops/common/entry.h"
#include "nn/ops/ops.h"

#include <math.h>

enum { X, BOXES, IMAGES, INPUTS, MAX_SIDE = 4096, MAX_SAMPLES = 64 };

static nn_status find_shape(const void *params, const nn_shape *in, int n_in, nn_shape *out,
                            nn_error *err)
{
    const nn_roi_align_params *p = params;
    const nn_shape *x = &in[X], *b = &in[BOXES], *i = &in[IMAGES];
    char t[3][96];
    (void)n_in;
    for (int k = 0; k < 2; k++)
        if (p->size[k] < 1 || p->size[k] > MAX_SIDE)
            return nn_fail(err, NN_EINVAL, "roi_align: %dx%d parts", p->size[0], p->size[1]);
    if (p->samples < 0 || p->samples > MAX_SAMPLES)
        return nn_fail(err, NN_EINVAL, "roi_align: %d samples, at most %d are possible", p->samples,
                       MAX_SAMPLES);
    if (p->mode < 0 || p->mode > NN_ROI_PIXELS)
        return nn_fail(err, NN_EINVAL, "roi_align: a mode that is none");
    if (x->rank != 4 || b->rank != 2 || b->dim[1] != 4 || i->rank != 1 || i->dim[0] != b->dim[0] ||
        nn_shape_count(x) < 1 || x->dim[2] > NN_OP_MAX_STEP || x->dim[3] > NN_OP_MAX_STEP)
        return nn_fail(err, NN_ESHAPE,
                       "roi_align: images of %s, boxes of %s, numbers of images of %s must be "
                       "(N,C,H,W), (R,4), (R)",
                       nn_shape_text(x, t[0], sizeof t[0]), nn_shape_text(b, t[1], sizeof t[1]),
                       nn_shape_text(i, t[2], sizeof t[2]));
    *out = nn_shape_4d(b->dim[0], x->dim[1], p->size[0], p->size[1]);
    return NN_OK;
}

// Samples along one axis of a part of a box. A box larger than the image has no more than pixels.
typedef struct line {
    float begin, step;
    int count;
} line;

static line find_line(float begin, float end, int part, int parts, int samples, int64_t size)
{
    const float width = (end - begin) / (float)parts, wanted = ceilf(width);
    const float most = (float)(size > MAX_SAMPLES ? size : MAX_SAMPLES);
    const int count = samples > 0 ? samples : wanted > 0 ? (int)(wanted < most ? wanted : most) : 0;
    const float step = count > 0 ? width / (float)count : 0;
    return (line){begin + (float)part * width + step / 2, step, count};
}

// The four pixels around a place, weighted. Outside by over a pixel they are 0.
static void find_corners(const float *x, int64_t height, int64_t width, float row, float column,
                         float corner[4])
{
    corner[0] = corner[1] = corner[2] = corner[3] = 0;
    if (!(row >= -1 && row <= (float)height && column >= -1 && column <= (float)width))
        return;
    row = row < 0 ? 0 : row;
    column = column < 0 ? 0 : column;
    int64_t top = (int64_t)row, left = (int64_t)column, below = top + 1, right = left + 1;
    if (top >= height - 1)
        row = (float)(top = below = height - 1);
    if (left >= width - 1)
        column = (float)(left = right = width - 1);
    const float down = row - (float)top, aside = column - (float)left;
    const float *a = x + top * width, *b = x + below * width;
    corner[0] = (1 - down) * (1 - aside) * a[left];
    corner[1] = (1 - down) * aside * a[right];
    corner[2] = down * (1 - aside) * b[left];
    corner[3] = down * aside * b[right];
}

static float larger(float a, float b)
{
    return a > b ? a : b;
}

static float take_samples(const float *x, const nn_shape *s, const line *rows, const line *columns,
                          bool largest)
{
    double sum = 0;
    float most = -INFINITY;
    const int count = rows->count * columns->count;
    for (int i = 0; i < rows->count; i++)
        for (int k = 0; k < columns->count; k++) {
            float c[4];
            find_corners(x, s->dim[2], s->dim[3], rows->begin + (float)i * rows->step,
                         columns->begin + (float)k * columns->step, c);
            sum += c[0] + c[1] + (c[2] + c[3]);
            most = larger(most, larger(larger(c[0], c[1]), larger(c[2], c[3])));
        }
    return count == 0 ? 0 : largest ? most : (float)(sum / count);
}

static void align_box(const nn_roi_align_params *p, const nn_shape *s, const float *x,
                      const float *box, float *y)
{
    const float shift = p->half_pixel ? 0.5f : 0;
    float side[4];
    for (int k = 0; k < 4; k++)
        side[k] = box[k] * p->scale - shift;
    for (int k = 2; k < 4 && !p->half_pixel; k++) // no box is smaller than a pixel
        side[k] = side[k] - side[k - 2] > 1 ? side[k] : side[k - 2] + 1;
    for (int i = 0; i < p->size[0]; i++)
        for (int j = 0; j < p->size[1]; j++) {
            const line rows = find_line(side[1], side[3], i, p->size[0], p->samples, s->dim[2]);
            const line columns = find_line(side[0], side[2], j, p->size[1], p->samples, s->dim[3]);
            y[i * p->size[1] + j] = take_samples(x, s, &rows, &columns, p->mode == NN_ROI_MAX);
        }
}

// Pixels [first, last) of a part along one axis of `size` pixels.
typedef struct span {
    int64_t first, last;
} span;

static int64_t clamp(float v, int64_t size)
{
    return v > 0 ? v < (float)size ? (int64_t)v : size : 0;
}

static span find_span(float begin, float end, float scale, int part, int parts, int64_t size)
{
    const float first = roundf(begin * scale), last = roundf(end * scale);
    const float each = larger(last - first + 1, 1) / (float)parts;
    return (span){clamp(floorf((float)part * each) + first, size),
                  clamp(ceilf((float)(part + 1) * each) + first, size)};
}

static void pool_box(const nn_roi_align_params *p, const nn_shape *s, const float *x,
                     const float *box, float *y)
{
    for (int i = 0; i < p->size[0]; i++)
        for (int j = 0; j < p->size[1]; j++) {
            const span rows = find_span(box[1], box[3], p->scale, i, p->size[0], s->dim[2]);
            const span columns = find_span(box[0], box[2], p->scale, j, p->size[1], s->dim[3]);
            float most = -INFINITY;
            for (int64_t r = rows.first; r < rows.last; r++)
                for (int64_t c = columns.first; c < columns.last; c++)
                    most = larger(most, x[r * s->dim[3] + c]);
            const bool some = rows.first < rows.last && columns.first < columns.last;
            y[i * p->size[1] + j] = some ? most : 0;
        }
}

// Index: channel of a box.
static void align_channels(void *ctx, int64_t begin, int64_t end, int worker)
{
    const nn_op_call *call = ctx;
    const nn_roi_align_params *p = call->params;
    const nn_shape *s = &call->in[X].shape;
    (void)worker;
    for (int64_t u = begin; u < end; u++) {
        const int64_t r = u / s->dim[1], c = u % s->dim[1];
        const float *box = nn_tensor_f32(&call->in[BOXES]) + 4 * r;
        const int64_t image = nn_op_entry(nn_tensor_f32(&call->in[IMAGES])[r], s->dim[0]);
        const float *x =
            nn_tensor_f32(&call->in[X]) + (image * s->dim[1] + c) * s->dim[2] * s->dim[3];
        float *y = nn_tensor_f32(call->out) + u * p->size[0] * p->size[1];
        (p->mode == NN_ROI_PIXELS ? pool_box : align_box)(p, s, x, box, y);
    }
}

static void forward(const nn_op_call *call)
{
    nn_pool_run(call->pool, call->in[BOXES].shape.dim[0] * call->in[X].shape.dim[1], 16,
                align_channels, (void *)call);
}

static const char *const modes[] = {"mean", "max", "pixels", NULL};
static const nn_field fields[] = {
    {"size", NN_FIELD_INT, offsetof(nn_roi_align_params, size), 2, NULL},
    {"samples", NN_FIELD_INT, offsetof(nn_roi_align_params, samples), 1, NULL},
    {"half_pixel", NN_FIELD_INT, offsetof(nn_roi_align_params, half_pixel), 1, NULL},
    {"scale", NN_FIELD_FLOAT, offsetof(nn_roi_align_params, scale), 1, NULL},
    {"mode", NN_FIELD_ENUM, offsetof(nn_roi_align_params, mode), 1, modes},
    {0},
};

const nn_op nn_op_roi_align = {
    .name = "roi_align",
    .min_in = INPUTS,
    .max_in = INPUTS,
    .no_grad = 1u << X | 1u << BOXES | 1u << IMAGES,
    .params_size = sizeof(nn_roi_align_params),
    .fields = fields,
    .shape = find_shape,
    .forward = forward,
};
