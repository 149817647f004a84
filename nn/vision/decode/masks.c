// SPDX-License-Identifier: MIT
// Masks of objects as sums of prototypes, enlarged, inside of their boxes.
#include "nn/vision/decode/masks.h"

#include "nn/base/memory.h"
#include "nn/vision/bilinear.h"

#include <math.h>

enum { MASK_SIDE = 160 }; // elements: smaller masks are enlarged up to this

nn_prototypes nn_prototypes_of(const nn_decode_sample *s, const nn_head_output *output,
                               float (*coefficient)(const nn_decode_sample *s, int64_t row, int k))
{
    const int64_t *dim = output->tensor.shape.dim;
    return (nn_prototypes){.data =
                               nn_tensor_f32(&output->tensor) + s->item * dim[1] * dim[2] * dim[3],
                           .count = (int)dim[1],
                           .h = (int)dim[2],
                           .w = (int)dim[3],
                           .step = dim[2] * dim[3],
                           .pitch = 1,
                           .coefficient = coefficient};
}

// A part of the prototypes: cells [x0, x1) of rows [y0, y1).
typedef struct cells {
    int x0, y0, x1, y1;
} cells;

// The cells that a box of the frame touches.
static cells find_cells(const nn_letterbox *l, const nn_box *b, int64_t h, int64_t w)
{
    const float sx = (float)w / (float)l->input_w, sy = (float)h / (float)l->input_h;
    const float x0 = (b->x0 * l->scale_x + l->pad_x) * sx,
                x1 = (b->x1 * l->scale_x + l->pad_x) * sx;
    const float y0 = (b->y0 * l->scale_y + l->pad_y) * sy,
                y1 = (b->y1 * l->scale_y + l->pad_y) * sy;
    cells c = {(int)fmaxf(floorf(x0), 0), (int)fmaxf(floorf(y0), 0),
               (int)fminf(ceilf(x1), (float)w), (int)fminf(ceilf(y1), (float)h)};
    c.x0 = c.x0 < (int)w ? c.x0 : (int)w - 1;
    c.y0 = c.y0 < (int)h ? c.y0 : (int)h - 1;
    c.x1 = c.x1 > c.x0 ? c.x1 : c.x0 + 1;
    c.y1 = c.y1 > c.y0 ? c.y1 : c.y0 + 1;
    return c;
}

// The sum of the prototypes over some cells.
static void add_prototypes(const nn_decode_sample *s, const nn_prototypes *p, int64_t row,
                           const cells *c, float *sum)
{
    const int w = c->x1 - c->x0, h = c->y1 - c->y0;
    for (int i = 0; i < w * h; i++)
        sum[i] = 0;
    for (int i = 0; i < p->count; i++) {
        const float k = p->coefficient(s, row, i);
        const float *plane = p->data + i * p->step;
        for (int y = 0; y < h; y++)
            for (int x = 0; x < w; x++)
                sum[y * w + x] += k * plane[((int64_t)(c->y0 + y) * p->w + c->x0 + x) * p->pitch];
    }
}

// Enlarges the sums by `scale` and marks what is positive and inside the box.
static void fill_mask(uint8_t *mask, const nn_detail *d, const float *sum, int w, int h, int scale,
                      const nn_box *b)
{
    const float step = 1.0f / (float)scale, first = step / 2 - 0.5f;
    const float px = (d->mask_x1 - d->mask_x0) / (float)d->mask_width;
    const float py = (d->mask_y1 - d->mask_y0) / (float)d->mask_height;
    nn_bilinear column[MASK_SIDE * 2], row;
    for (int x0 = 0; x0 < d->mask_width; x0 += MASK_SIDE * 2) {
        const int rest = d->mask_width - x0, n = rest < MASK_SIDE * 2 ? rest : MASK_SIDE * 2;
        nn_bilinear_axis(column, n, first + (float)x0 * step, step, w);
        for (int y = 0; y < d->mask_height; y++) {
            nn_bilinear_axis(&row, 1, first + (float)y * step, step, h);
            const float *up = sum + row.a * w, *down = sum + row.b * w;
            const float at_y = d->mask_y0 + ((float)y + 0.5f) * py;
            for (int i = 0; i < n; i++) {
                const nn_bilinear *c = &column[i];
                const float left = up[c->a] + row.part * (down[c->a] - up[c->a]);
                const float right = up[c->b] + row.part * (down[c->b] - up[c->b]);
                const float at_x = d->mask_x0 + ((float)(x0 + i) + 0.5f) * px;
                const bool inside = at_x >= b->x0 && at_x < b->x1 && at_y >= b->y0 && at_y < b->y1;
                mask[(size_t)y * (size_t)d->mask_width + (size_t)(x0 + i)] =
                    inside && left + c->part * (right - left) > 0;
            }
        }
    }
}

static nn_status describe_box(const nn_decode_sample *s, const nn_prototypes *p, float *sum,
                              nn_box *b, nn_details *details)
{
    const nn_letterbox *l = s->letterbox;
    const int64_t row = b->detail - 1;
    const cells c = find_cells(l, b, p->h, p->w);
    const int w = c.x1 - c.x0, h = c.y1 - c.y0, longer = w > h ? w : h;
    const int scale = 4 * longer <= MASK_SIDE ? 4 : 2 * longer <= MASK_SIDE ? 2 : 1;
    add_prototypes(s, p, row, &c, sum);
    if (nn_details_add(details, &b->detail) != NN_OK)
        return NN_ENOMEM;
    uint8_t *mask = nn_details_add_mask(details, w * scale, h * scale);
    if (!mask)
        return NN_ENOMEM;
    nn_detail *d = nn_details_at(details, b->detail);
    const float cell_w = (float)l->input_w / (float)p->w, cell_h = (float)l->input_h / (float)p->h;
    d->mask_x0 = (float)c.x0 * cell_w;
    d->mask_y0 = (float)c.y0 * cell_h;
    d->mask_x1 = (float)c.x1 * cell_w;
    d->mask_y1 = (float)c.y1 * cell_h;
    nn_letterbox_point(l, &d->mask_x0, &d->mask_y0);
    nn_letterbox_point(l, &d->mask_x1, &d->mask_y1);
    fill_mask(mask, d, sum, w, h, scale, b);
    return NN_OK;
}

nn_status nn_masks_describe(const nn_decode_sample *s, const nn_prototypes *p, nn_result *result)
{
    if (result->count == 0)
        return NN_OK;
    float *sum = nn_alloc((size_t)p->w * (size_t)p->h * sizeof *sum);
    nn_status status = sum ? NN_OK : NN_ENOMEM;
    for (int i = 0; i < result->count && status == NN_OK; i++)
        status = describe_box(s, p, sum, &result->boxes[i], &result->details);
    nn_free(sum);
    return status;
}
