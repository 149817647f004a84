// SPDX-License-Identifier: MIT
// Moves masks, outlines, keypoints and rotated boxes with their picture.
#include "nn/base/memory.h"
#include "nn/vision/details.h"

#include <math.h>
#include <string.h>

// Where the axes of a rotated box point afterwards. A change of shape tilts them against each
// other; the angle follows the longer one.
static void move_rotated(nn_rotated_box *b, const nn_transform *m)
{
    const double c = cos((double)b->angle), s = sin((double)b->angle);
    const double ux = m->xx * c + m->xy * s, uy = m->yx * c + m->yy * s;
    const double vx = -m->xx * s + m->xy * c, vy = -m->yx * s + m->yy * c;
    const double along = b->width >= b->height ? atan2(uy, ux) : atan2(-vx, vy);
    double x, y;
    nn_transform_point(m, (double)b->cx, (double)b->cy, &x, &y);
    *b = (nn_rotated_box){(float)x, (float)y, b->width * (float)hypot(ux, uy),
                          b->height * (float)hypot(vx, vy), (float)along};
    if (!isfinite(b->cx) || !isfinite(b->cy) || !isfinite(b->width) || !isfinite(b->height))
        *b = (nn_rotated_box){0};
}

// Moves the rectangle of a mask and turns or mirrors its elements. `room` takes as many elements.
static void move_mask(nn_detail *d, uint8_t *elements, uint8_t *room, const nn_transform *m)
{
    const bool turned = m->xx == 0;
    const int w = d->mask_width, h = d->mask_height;
    const int to_w = turned ? h : w, to_h = turned ? w : h;
    const bool flip_x = (turned ? m->xy : m->xx) < 0, flip_y = (turned ? m->yx : m->yy) < 0;
    double ax, ay, bx, by;
    nn_transform_point(m, (double)d->mask_x0, (double)d->mask_y0, &ax, &ay);
    nn_transform_point(m, (double)d->mask_x1, (double)d->mask_y1, &bx, &by);
    d->mask_x0 = (float)fmin(ax, bx);
    d->mask_y0 = (float)fmin(ay, by);
    d->mask_x1 = (float)fmax(ax, bx);
    d->mask_y1 = (float)fmax(ay, by);
    if (!turned && !flip_x && !flip_y)
        return;
    for (int y = 0; y < to_h; y++)
        for (int x = 0; x < to_w; x++) {
            const int u = flip_x ? to_w - 1 - x : x, v = flip_y ? to_h - 1 - y : y;
            const int from = turned ? u * w + v : v * w + u;
            room[(size_t)y * (size_t)to_w + (size_t)x] = elements[from];
        }
    memcpy(elements, room, (size_t)w * (size_t)h);
    d->mask_width = to_w;
    d->mask_height = to_h;
}

static size_t largest_mask(const nn_details *d)
{
    size_t most = 0;
    for (int i = 0; i < d->count; i++) {
        const size_t n = (size_t)d->detail[i].mask_width * (size_t)d->detail[i].mask_height;
        most = n > most ? n : most;
    }
    return most;
}

void nn_details_transform(nn_details *d, const nn_transform *m)
{
    const bool plain = m->xx > 0 && m->yy > 0;
    const size_t most = plain ? 0 : largest_mask(d);
    uint8_t *room = most > 0 ? nn_alloc(most) : NULL;
    for (int i = 0; i < d->count; i++) {
        nn_detail *one = &d->detail[i];
        if (one->rotated.width > 0)
            move_rotated(&one->rotated, m);
        if (plain || room)
            move_mask(one, d->elements + one->first_element, room, m);
        else // there is none, or no memory to turn it
            one->mask_width = one->mask_height = 0;
    }
    for (int i = 0; i < d->corner_count; i++) {
        float *at = d->corners + 2 * (size_t)i;
        double x, y;
        nn_transform_point(m, (double)at[0], (double)at[1], &x, &y);
        at[0] = isfinite((float)x) ? (float)x : 0;
        at[1] = isfinite((float)y) ? (float)y : 0;
    }
    for (int i = 0; i < d->keypoint_count; i++) {
        nn_keypoint *k = &d->keypoints[i];
        double x, y;
        nn_transform_point(m, (double)k->x, (double)k->y, &x, &y);
        k->x = (float)x;
        k->y = (float)y;
        if (!isfinite(k->x) || !isfinite(k->y))
            *k = (nn_keypoint){0};
    }
    nn_free(room);
}
