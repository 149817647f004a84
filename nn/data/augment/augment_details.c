// SPDX-License-Identifier: MIT
// Moves outlines, keypoints and rotated boxes with the boxes of a view.
#include "nn/base/memory.h"
#include "nn/data/augment/augment_parts.h"
#include "nn/vision/outline.h"

#include <math.h>
#include <string.h>

static nn_status no_memory(nn_error *err)
{
    return nn_fail(err, NN_ENOMEM, "no memory for the outlines and keypoints of a view");
}

static void move_points(float *first, size_t stride, int count, const nn_augment_move *m)
{
    for (int i = 0; i < count; i++) {
        float *p = (float *)(void *)((char *)first + (size_t)i * stride);
        double at[2] = {(double)p[0], (double)p[1]};
        m->to(m->ctx, at);
        p[0] = (float)at[0];
        p[1] = (float)at[1];
    }
}

void nn_augment_detail_move(nn_details *d, nn_detail *one, const nn_augment_move *m)
{
    move_points(d->corners + 2 * (size_t)one->first_corner, 2 * sizeof(float), one->corner_count,
                m);
    for (int i = 0; i < one->keypoint_count; i++)
        move_points(&d->keypoints[one->first_keypoint + i].x, 0, 1, m);
    if (one->rotated.width > 0) {
        float corner[8];
        nn_rotated_corners(&one->rotated, corner);
        move_points(corner, 2 * sizeof(float), 4, m);
        one->rotated = nn_rotated_around(corner, 4);
    }
}

void nn_augment_detail_mirror(nn_details *d, const nn_detail *one, const nn_keypoint_set *s)
{
    nn_keypoint old[NN_KEYPOINTS_MOST];
    nn_keypoint *k = d->keypoints + one->first_keypoint;
    if (!s->flips || one->keypoint_count != s->count)
        return;
    memcpy(old, k, (size_t)s->count * sizeof *k);
    for (int i = 0; i < s->count; i++)
        k[i] = old[s->flip[i]];
}

// The clipped outline has more corners than there is room for: it moves to the end of the list.
static nn_status replace_outline(nn_details *d, nn_detail *one, const float *xy, int corners,
                                 nn_error *err)
{
    if (corners > one->corner_count) {
        nn_detail *last = &d->detail[d->count - 1];
        const nn_detail kept = *last;
        if (!nn_details_add_outline(d, corners))
            return no_memory(err);
        const int first = last->first_corner;
        *last = kept;
        one->first_corner = first;
    }
    one->corner_count = corners;
    if (corners > 0)
        memcpy(d->corners + 2 * (size_t)one->first_corner, xy, 2 * (size_t)corners * sizeof *xy);
    return NN_OK;
}

static nn_status clip_outline(nn_details *d, nn_detail *one, const double side[4], nn_error *err)
{
    const float *xy = nn_detail_outline(d, one);
    double b[4];
    nn_outline_bounds(b, xy, one->corner_count);
    if (b[0] >= side[0] && b[1] >= side[1] && b[2] <= side[2] && b[3] <= side[3])
        return NN_OK;
    float *room = nn_alloc((size_t)NN_OUTLINE_CLIP_ROOM * (size_t)one->corner_count * sizeof *room);
    if (!room)
        return no_memory(err);
    const int corners = nn_outline_clip(room, xy, one->corner_count, side);
    const nn_status status = replace_outline(d, one, room, corners, err);
    nn_free(room);
    return status;
}

// A rotated box that is cut becomes the smallest one around the rest.
static void clip_rotated(nn_rotated_box *b, const double side[4])
{
    float corner[8], rest[NN_OUTLINE_CLIP_ROOM * 4];
    double r[4];
    nn_rotated_corners(b, corner);
    nn_outline_bounds(r, corner, 4);
    if (r[0] >= side[0] && r[1] >= side[1] && r[2] <= side[2] && r[3] <= side[3])
        return;
    *b = nn_rotated_around(rest, nn_outline_clip(rest, corner, 4, side));
}

static bool has_shape(const nn_detail *d)
{
    return d->corner_count > 0 || d->rotated.width > 0;
}

nn_status nn_augment_detail_clip(nn_details *d, nn_truth *t, const double side[4], nn_error *err)
{
    nn_detail *one = nn_details_at(d, t->detail);
    const bool shaped = has_shape(one);
    nn_keypoint *k = d->keypoints + one->first_keypoint;
    for (int i = 0; i < one->keypoint_count; i++)
        if (!((double)k[i].x >= side[0] && (double)k[i].y >= side[1] && (double)k[i].x < side[2] &&
              (double)k[i].y < side[3]))
            k[i] = (nn_keypoint){0};
    if (one->rotated.width > 0)
        clip_rotated(&one->rotated, side);
    const nn_status status = one->corner_count > 0 ? clip_outline(d, one, side, err) : NN_OK;
    if (shaped && !has_shape(one) && !t->ignore)
        t->ignore = NN_IGNORE_BOX;
    return status;
}

bool nn_augment_detail_bounds(const nn_details *d, const nn_detail *one, double bounds[4])
{
    float corner[8];
    if (one->corner_count > 0) {
        nn_outline_bounds(bounds, nn_detail_outline(d, one), one->corner_count);
    } else if (one->rotated.width > 0) {
        nn_rotated_corners(&one->rotated, corner);
        nn_outline_bounds(bounds, corner, 4);
    } else {
        return false;
    }
    return true;
}

static void scale_and_shift(const void *ctx, double at[2])
{
    const nn_crop_resize *crop = ctx;
    at[0] = at[0] * crop->scale_x + crop->shift_x;
    at[1] = at[1] * crop->scale_y + crop->shift_y;
}

nn_status nn_augment_detail_place(nn_canvas *c, nn_truth *t, const nn_details *from, int32_t index,
                                  const nn_crop_resize *crop, const double side[4],
                                  const nn_keypoint_set *set, nn_error *err)
{
    const nn_augment_move move = {scale_and_shift, crop};
    t->detail = 0;
    if (!c->details)
        return NN_OK;
    if (nn_details_append(c->details, from, index, &t->detail) != NN_OK)
        return no_memory(err);
    nn_detail *one = nn_details_at(c->details, t->detail);
    if (!one)
        return NN_OK;
    nn_augment_detail_move(c->details, one, &move);
    if ((crop->scale_x < 0) != (crop->scale_y < 0))
        nn_augment_detail_mirror(c->details, one, set);
    return nn_augment_detail_clip(c->details, t, side, err);
}
