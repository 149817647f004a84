// SPDX-License-Identifier: MIT
// Resamples a part of a picture with filter tables for both axes, in tiles of rows.
#include "nn/data/crop_resize.h"

#include "nn/base/arith.h"
#include "nn/base/memory.h"

#include <math.h>
#include <string.h>

typedef struct axis {
    nn_pixel_axis table;
    int32_t *first;
    float *weight;
    int begin;     // first pixel of the canvas
    int low, high; // first and last source sample with a weight
} axis;

static void release_axis(axis *a)
{
    nn_free(a->first);
    nn_free(a->weight);
}

// Weights of a triangle filter of radius max(1, reduction) around the centre of canvas pixel i.
static void fill_output(axis *a, int i, double at, double radius, int samples)
{
    int taps = a->table.taps;
    int first = (int)floor(at - radius) + 1;
    first = first < 0 ? 0 : first > samples - taps ? samples - taps : first;
    double sum = 0;
    for (int t = 0; t < taps; t++)
        sum += fmax(0, 1 - fabs(first + t - at) / radius);
    for (int t = 0; t < taps; t++)
        a->weight[(size_t)i * taps + t] = (float)(fmax(0, 1 - fabs(first + t - at) / radius) / sum);
    a->first[i] = first;
    a->low = first < a->low ? first : a->low;
    a->high = first + taps > a->high ? first + taps : a->high;
}

// Makes the filter for canvas pixels of [begin, end); without `extend` only for those whose centre
// is on the picture. count may be 0.
static nn_status make_axis(axis *a, double scale, double shift, int samples, int begin, int end,
                           bool extend)
{
    double low = shift, high = shift + scale * samples;
    if (low > high) {
        low = high;
        high = shift;
    }
    *a = (axis){.low = samples};
    double from = extend ? begin : fmax(begin, ceil(low - 0.5));
    double to = extend ? end : fmin(end, ceil(high - 0.5));
    if (!(to > from))
        return NN_OK;
    double step = fabs(1 / scale), radius = step > 1 ? step : 1;
    int taps = (int)fmin(samples, step > 1 ? ceil(2 * step) : 2);
    int count = (int)(to - from);
    int padded = nn_divide_up(count, NN_PIXEL_ROWS) * NN_PIXEL_ROWS;
    a->begin = (int)from;
    a->first = nn_calloc(padded, sizeof *a->first);
    a->weight = nn_calloc(padded, taps * sizeof *a->weight);
    if (!a->first || !a->weight)
        return NN_ENOMEM;
    a->table =
        (nn_pixel_axis){.count = count, .taps = taps, .first = a->first, .weight = a->weight};
    for (int i = 0; i < count; i++) {
        double at = (a->begin + i + 0.5 - shift) / scale - 0.5;
        fill_output(a, i, fmin(fmax(at, 0), samples - 1), radius, samples);
    }
    for (int i = count; i < padded; i++) // rows beyond the canvas in the last tile have weight 0
        a->first[i] = a->low;
    return NN_OK;
}

static void draw_tiles(float *planes, int height, int width, const nn_image *image, const axis *x,
                       const axis *y, float *tile, float *rows, const nn_kernels *k)
{
    const uint8_t *left = image->rgb + (size_t)3 * x->low;
    for (int row = 0; row < y->table.count; row += NN_PIXEL_ROWS) {
        k->pixel.down(tile, left, (ptrdiff_t)3 * image->width, 3 * (x->high - x->low), &y->table,
                      row);
        int n = y->table.count - row < NN_PIXEL_ROWS ? y->table.count - row : NN_PIXEL_ROWS;
        for (int c = 0; c < 3; c++) {
            k->pixel.across(rows, x->table.count, tile, &x->table, 3, c);
            for (int r = 0; r < n; r++)
                memcpy(planes + ((size_t)c * height + y->begin + row + r) * width + x->begin,
                       rows + (size_t)r * x->table.count, x->table.count * sizeof(float));
        }
    }
}

nn_status nn_crop_resize_draw(float *planes, int height, int width, const nn_image *image,
                              const nn_crop_resize *p, const nn_kernels *k, nn_error *err)
{
    axis x = {0}, y = {0};
    float *tile = NULL, *rows = NULL;
    nn_status status = make_axis(&x, p->scale_x, p->shift_x, image->width, p->x0, p->x1, p->extend);
    if (status == NN_OK)
        status = make_axis(&y, p->scale_y, p->shift_y, image->height, p->y0, p->y1, p->extend);
    if (status == NN_OK && x.table.count > 0 && y.table.count > 0) {
        for (int i = 0; i < x.table.count; i++)
            x.first[i] -= x.low;
        tile = nn_alloc(sizeof(float) * 3 * NN_PIXEL_ROWS * (size_t)(x.high - x.low));
        rows = nn_alloc(sizeof(float) * NN_PIXEL_ROWS * (size_t)x.table.count);
        if (tile && rows)
            draw_tiles(planes, height, width, image, &x, &y, tile, rows, k);
        else
            status = NN_ENOMEM;
    }
    nn_free(tile);
    nn_free(rows);
    release_axis(&x);
    release_axis(&y);
    return status == NN_OK ? NN_OK : nn_fail(err, status, "no memory to draw a picture");
}

// Index of the source sample under the centre of canvas pixel i; negative: outside.
static int64_t nearest(int i, double scale, double shift, int count)
{
    const double at = floor((i + 0.5 - shift) / scale);
    return at >= 0 && at < count ? (int64_t)at : -1;
}

void nn_crop_resize_labels(uint8_t *out, int width, const uint8_t *labels, int label_h, int label_w,
                           const nn_crop_resize *p)
{
    for (int y = p->y0; y < p->y1; y++) {
        const int64_t row = nearest(y, p->scale_y, p->shift_y, label_h);
        for (int x = p->x0; x < p->x1 && row >= 0; x++) {
            const int64_t column = nearest(x, p->scale_x, p->shift_x, label_w);
            if (column >= 0)
                out[(size_t)y * width + x] = labels[row * label_w + column];
        }
    }
}
