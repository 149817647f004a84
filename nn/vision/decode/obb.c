// SPDX-License-Identifier: MIT
// NeroScale's head for rotated boxes. The distances are along the axes of the box, from the cell's
// point. "dirS" (N, 2, H, W) is the direction of its width: sine and cosine of twice the angle, of
// any length.
#include "nn/vision/decode/dense.h"

#include <math.h>

// The rotated box of a cell in pixels of the input; not finite where the outputs are not.
static nn_rotated_box find_rotated(const nn_map_level *l, int64_t cell)
{
    const float left = nn_dense_side(l, cell, 0), top = nn_dense_side(l, cell, 1);
    const float right = nn_dense_side(l, cell, 2), bottom = nn_dense_side(l, cell, 3);
    nn_rotated_box r = {.width = left + right, .height = top + bottom};
    r.angle = 0.5f * atan2f(nn_dense_more(l, cell, 0), nn_dense_more(l, cell, 1));
    const float along = (right - left) / 2, across = (bottom - top) / 2;
    const float c = cosf(r.angle), s = sinf(r.angle);
    nn_dense_point(l, cell, &r.cx, &r.cy);
    r.cx += along * c - across * s;
    r.cy += along * s + across * c;
    return r;
}

// The upright bounds of the rotated box.
static bool find_bounds(const nn_map_level *l, int64_t cell, nn_box *box)
{
    const nn_rotated_box r = find_rotated(l, cell);
    const float c = fabsf(cosf(r.angle)), s = fabsf(sinf(r.angle));
    *box = nn_decode_centred(r.cx, r.cy, r.width * c + r.height * s, r.width * s + r.height * c);
    box->detail = (int32_t)(l->first + cell + 1);
    return nn_letterbox_to_frame(l->letterbox, box);
}

static nn_rotated_box rotated_of(const nn_decode_sample *s, int32_t number)
{
    const nn_dense_cell c = nn_dense_cell_at(s, number);
    return find_rotated(&c.level, c.cell);
}

// Of the rotated boxes in the input, whose scale does not matter.
static float overlap(const void *sample, const nn_box *a, const nn_box *b)
{
    const nn_rotated_box x = rotated_of(sample, a->detail), y = rotated_of(sample, b->detail);
    return nn_rotated_iou(&x, &y);
}

static nn_status describe(const nn_decode_sample *s, nn_result *result)
{
    return nn_decode_rotated(s, rotated_of, result);
}

const nn_decoder nn_decode_obb = {
    .name = "obb",
    .layout = "triples clsS, boxS, dirS 1 x 2 x H/S x W/S, rotated boxes: NeroScale's own",
    .check = nn_dense_check,
    .decode = nn_dense_decode,
    .describe = describe,
    .details = NN_DETAIL_ROTATED,
    .overlap = overlap,
    .classes = nn_dense_classes,
    .form = &(const nn_dense_form){.word = "dir", .channels = 2, .find_box = find_bounds},
    .by_shape = true, // no other head has these names
    .input = {.mean = {0.5f, 0.5f, 0.5f},
              .std = {0.5f, 0.5f, 0.5f},
              .threshold = 0.5f,
              .iou_threshold = 0.5f},
};
