// SPDX-License-Identifier: MIT
// Separable resizing: rows first, then columns.
#include "nn/vision/filter_resize.h"

#include "nn/base/arith.h"
#include "nn/base/memory.h"

#include <math.h>
#include <string.h>

#define A (-0.5) // of the cubic
enum { MAX_SIDE = 1 << 20, MAX_TAPS = 1 << 12 };

static double cubic(double x)
{
    x = fabs(x);
    if (x < 1)
        return ((A + 2) * x - (A + 3)) * x * x + 1;
    return x < 2 ? ((A * x - 5 * A) * x + 8 * A) * x - 4 * A : 0;
}

// Part of pixel `p` of the line, [p, p + 1), that lies in [from, to).
static double overlap(double p, double from, double to)
{
    return fmax(fmin(p + 1, to) - fmax(p, from), 0);
}

static void set_taps(nn_filter_taps *t, nn_filter filter, int i, double scale, double start)
{
    const double middle = start + (i + 0.5) / scale, narrow = scale < 1 ? scale : 1;
    const double reach = filter == NN_FILTER_AREA ? 0.5 / scale : 2 / narrow;
    const int first = (int)floor(middle - reach);
    double weight[MAX_TAPS], sum = 0;
    for (int k = 0; k < t->count; k++) {
        const double p = first + k;
        weight[k] = filter == NN_FILTER_AREA ? overlap(p, middle - reach, middle + reach)
                                             : cubic((p + 0.5 - middle) * narrow);
        sum += weight[k];
    }
    for (int k = 0; k < t->count; k++) {
        t->at[i * t->count + k] = (int32_t)nn_max(nn_min(first + k, t->in - 1), 0);
        t->weight[i * t->count + k] = (float)(weight[k] / sum);
    }
}

nn_status nn_filter_taps_new(nn_filter_taps *t, nn_filter filter, int in, int out, double scale,
                             double start, nn_error *err)
{
    *t = (nn_filter_taps){.in = in, .out = out};
    const double width = filter == NN_FILTER_AREA ? 1 / scale : 4 / (scale < 1 ? scale : 1);
    if (in < 1 || out < 1 || in > MAX_SIDE || out > MAX_SIDE || !(width < MAX_TAPS - 2) ||
        !(fabs(start) < MAX_SIDE))
        return nn_fail(err, NN_EINVAL, "resize: %d pixels to %d at a scale of %g", in, out, scale);
    t->count = (int)ceil(width) + 1;
    const size_t all = (size_t)out * (size_t)t->count;
    t->at = nn_calloc(all, sizeof *t->at);
    t->weight = nn_calloc(all, sizeof *t->weight);
    if (!t->at || !t->weight) {
        nn_filter_taps_release(t);
        return nn_fail(err, NN_ENOMEM, "resize: no memory");
    }
    for (int i = 0; i < out; i++)
        set_taps(t, filter, i, scale, start);
    return NN_OK;
}

void nn_filter_taps_release(nn_filter_taps *t)
{
    nn_free(t->at);
    nn_free(t->weight);
    *t = (nn_filter_taps){0};
}

static void resize_row(const float *in, float *out, const nn_filter_taps *x)
{
    for (int i = 0; i < x->out; i++) {
        const int32_t *at = x->at + (ptrdiff_t)i * x->count;
        const float *weight = x->weight + (ptrdiff_t)i * x->count;
        float sum = 0;
        for (int k = 0; k < x->count; k++)
            sum += weight[k] * in[at[k]];
        out[i] = sum;
    }
}

// Row `i` of the result from rows of the right width.
static void mix_rows(const float *rows, float *out, const nn_filter_taps *y, int i, int width)
{
    memset(out, 0, sizeof *out * (size_t)width);
    for (int k = 0; k < y->count; k++) {
        const float weight = y->weight[(ptrdiff_t)i * y->count + k];
        const float *row = rows + (ptrdiff_t)y->at[(ptrdiff_t)i * y->count + k] * width;
        for (int x = 0; x < width && weight != 0; x++)
            out[x] += weight * row[x];
    }
}

nn_status nn_filter_resize(const float *in, float *out, const nn_filter_taps *x,
                           const nn_filter_taps *y, nn_error *err)
{
    float *rows = nn_alloc(sizeof *rows * (size_t)y->in * (size_t)x->out);
    if (!rows)
        return nn_fail(err, NN_ENOMEM, "resize: no memory for %dx%d", x->out, y->in);
    for (int i = 0; i < y->in; i++)
        resize_row(in + (ptrdiff_t)i * x->in, rows + (ptrdiff_t)i * x->out, x);
    for (int i = 0; i < y->out; i++)
        mix_rows(rows, out + (ptrdiff_t)i * x->out, y, i, x->out);
    nn_free(rows);
    return NN_OK;
}

static void put_row(const nn_byte_plane *p, int y, const float *from)
{
    uint8_t *to = p->data + y * p->stride;
    for (int x = 0; x < p->width; x++) {
        const float v = from[x] + 0.5f;
        to[(ptrdiff_t)x * p->step] = (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
    }
}

static nn_status resize_bytes(const nn_byte_plane *in, const nn_byte_plane *out,
                              const nn_filter_taps *x, const nn_filter_taps *y, nn_error *err)
{
    const size_t width = (size_t)nn_max(in->width, out->width);
    float *rows = nn_alloc(sizeof *rows * (size_t)in->height * (size_t)out->width);
    float *row = nn_alloc(sizeof *row * width);
    nn_status status = rows && row ? NN_OK : nn_fail(err, NN_ENOMEM, "resize: no memory");
    for (int i = 0; i < in->height && status == NN_OK; i++) {
        const uint8_t *from = in->data + i * in->stride;
        for (int k = 0; k < in->width; k++)
            row[k] = from[(ptrdiff_t)k * in->step];
        resize_row(row, rows + (ptrdiff_t)i * out->width, x);
    }
    for (int i = 0; i < out->height && status == NN_OK; i++) {
        mix_rows(rows, row, y, i, out->width);
        put_row(out, i, row);
    }
    nn_free(rows);
    nn_free(row);
    return status;
}

nn_status nn_filter_resize_bytes(const nn_byte_plane *in, const nn_byte_plane *out,
                                 nn_filter filter, nn_error *err)
{
    nn_filter_taps x = {0}, y = {0};
    nn_status status = nn_filter_taps_new(&x, filter, in->width, out->width,
                                          (double)out->width / in->width, 0, err);
    if (status == NN_OK)
        status = nn_filter_taps_new(&y, filter, in->height, out->height,
                                    (double)out->height / in->height, 0, err);
    if (status == NN_OK)
        status = resize_bytes(in, out, &x, &y, err);
    nn_filter_taps_release(&x);
    nn_filter_taps_release(&y);
    return status;
}
