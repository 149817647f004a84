// SPDX-License-Identifier: MIT
// Masks of objects that a graph has computed.
#include "nn/vision/decode/row_masks.h"

#include "nn/vision/bilinear.h"

#include <math.h>

enum { SCALE = 4, MOST = 64 }; // masks over a box are enlarged, where they are at most MOST wide

static int clamp(float x, int end)
{
    return x > 0 ? x < (float)end ? (int)x : end : 0;
}

// Corners are in pixels of the input.
static void place(const nn_decode_sample *s, nn_detail *d, float x0, float y0, float x1, float y1)
{
    d->mask_x0 = x0;
    d->mask_y0 = y0;
    d->mask_x1 = x1;
    d->mask_y1 = y1;
    nn_letterbox_point(s->letterbox, &d->mask_x0, &d->mask_y0);
    nn_letterbox_point(s->letterbox, &d->mask_x1, &d->mask_y1);
}

nn_status nn_row_mask_over_input(const nn_decode_sample *s, const float *data, int h, int w,
                                 const nn_box *box, int number, nn_details *details)
{
    const nn_letterbox *l = s->letterbox;
    const float sx = (float)w / (float)l->input_w, sy = (float)h / (float)l->input_h;
    const int x0 = clamp(floorf((box->x0 * l->scale_x + l->pad_x) * sx), w - 1);
    const int y0 = clamp(floorf((box->y0 * l->scale_y + l->pad_y) * sy), h - 1);
    const int x1 = clamp(ceilf((box->x1 * l->scale_x + l->pad_x) * sx), w);
    const int y1 = clamp(ceilf((box->y1 * l->scale_y + l->pad_y) * sy), h);
    const int wide = x1 > x0 ? x1 - x0 : 1, high = y1 > y0 ? y1 - y0 : 1;
    const float *from = data + (int64_t)y0 * w + x0;
    uint8_t *mask = nn_details_add_mask(details, wide, high);
    if (!mask)
        return NN_ENOMEM;
    for (int y = 0; y < high; y++, from += w)
        for (int x = 0; x < wide; x++)
            mask[(size_t)y * (size_t)wide + (size_t)x] = from[x] >= 0.5f;
    place(s, nn_details_at(details, number), (float)x0 / sx, (float)y0 / sy,
          (float)(x0 + wide) / sx, (float)(y0 + high) / sy);
    return NN_OK;
}

// Where the elements of a mask lie on an axis of the samples that cover low .. high.
typedef struct axis {
    double first, step;
} axis;

// `count` elements from begin on to end; all in pixels of the input.
static axis find_axis(double begin, double end, int count, double low, double high, int samples)
{
    const double pixel = samples / (high - low), step = (end - begin) / count;
    return (axis){(begin + step / 2 - low) * pixel - 0.5, step * pixel};
}

nn_status nn_row_mask_over_box(const nn_decode_sample *s, const float *data, int h, int w,
                               const float *corners, int number, nn_details *details)
{
    const nn_letterbox *l = s->letterbox;
    const int scale = w <= MOST && h <= MOST ? SCALE : 1, wide = w * scale, high = h * scale;
    nn_box b = {.x0 = corners[0], .y0 = corners[1], .x1 = corners[2], .y1 = corners[3]};
    nn_letterbox_to_frame(l, &b);
    const axis across =
        find_axis((double)(b.x0 * l->scale_x + l->pad_x), (double)(b.x1 * l->scale_x + l->pad_x),
                  wide, (double)corners[0], (double)corners[2], w);
    const axis down =
        find_axis((double)(b.y0 * l->scale_y + l->pad_y), (double)(b.y1 * l->scale_y + l->pad_y),
                  high, (double)corners[1], (double)corners[3], h);
    uint8_t *mask = nn_details_add_mask(details, wide, high);
    if (!mask)
        return NN_ENOMEM;
    for (int y = 0; y < high; y++) {
        nn_bilinear row, column;
        nn_bilinear_axis(&row, 1, down.first + y * down.step, 0, h);
        const float *upper = data + (int64_t)row.a * w, *lower = data + (int64_t)row.b * w;
        for (int x = 0; x < wide; x++) {
            nn_bilinear_axis(&column, 1, across.first + x * across.step, 0, w);
            const float left = upper[column.a] + row.part * (lower[column.a] - upper[column.a]);
            const float right = upper[column.b] + row.part * (lower[column.b] - upper[column.b]);
            *mask++ = left + column.part * (right - left) >= 0.5f;
        }
    }
    nn_detail *d = nn_details_at(details, number);
    d->mask_x0 = b.x0;
    d->mask_y0 = b.y0;
    d->mask_x1 = b.x1;
    d->mask_y1 = b.y1;
    return NN_OK;
}
