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

nn_status nn_row_mask_over_box(const nn_decode_sample *s, const float *data, int h, int w,
                               const float *corners, int number, nn_details *details)
{
    const int scale = w <= MOST && h <= MOST ? SCALE : 1;
    const float step = 1.0f / (float)scale, first = step / 2 - 0.5f;
    uint8_t *mask = nn_details_add_mask(details, w * scale, h * scale);
    if (!mask)
        return NN_ENOMEM;
    for (int y = 0; y < h * scale; y++) {
        nn_bilinear row, column;
        nn_bilinear_axis(&row, 1, first + (float)y * step, step, h);
        const float *up = data + (int64_t)row.a * w, *down = data + (int64_t)row.b * w;
        for (int x = 0; x < w * scale; x++) {
            nn_bilinear_axis(&column, 1, first + (float)x * step, step, w);
            const float left = up[column.a] + row.part * (down[column.a] - up[column.a]);
            const float right = up[column.b] + row.part * (down[column.b] - up[column.b]);
            *mask++ = left + column.part * (right - left) >= 0.5f;
        }
    }
    place(s, nn_details_at(details, number), corners[0], corners[1], corners[2], corners[3]);
    return NN_OK;
}
