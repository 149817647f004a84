// SPDX-License-Identifier: MIT
// Transforms boxes by their corners, and maps by looking up the old place of each new element.
#include "nn/vision/transform.h"

#include <math.h>

enum { MAP_SIDE_MAX = 16384 };

nn_transform nn_transform_into(int in_w, int in_h, double x, double y, double w, double h)
{
    return (nn_transform){.xx = w / in_w, .dx = x, .yy = h / in_h, .dy = y};
}

bool nn_transform_is_upright(const nn_transform *m)
{
    const double d = m->xx * m->yy - m->xy * m->yx;
    const bool level = (m->xy == 0 && m->yx == 0) || (m->xx == 0 && m->yy == 0);
    return level && isfinite(d) && isfinite(1 / d) && isfinite(m->dx) && isfinite(m->dy);
}

static nn_transform inverse(const nn_transform *m)
{
    const double d = m->xx * m->yy - m->xy * m->yx;
    nn_transform back = {.xx = m->yy / d, .xy = -m->xy / d, .yx = -m->yx / d, .yy = m->xx / d};
    back.dx = -(back.xx * m->dx + back.xy * m->dy);
    back.dy = -(back.yx * m->dx + back.yy * m->dy);
    return back;
}

bool nn_transform_box(const nn_transform *m, int width, int height, nn_box *b)
{
    double ax, ay, bx, by;
    nn_transform_point(m, (double)b->x0, (double)b->y0, &ax, &ay);
    nn_transform_point(m, (double)b->x1, (double)b->y1, &bx, &by);
    b->x0 = (float)fmax(fmin(ax, bx), 0);
    b->y0 = (float)fmax(fmin(ay, by), 0);
    b->x1 = (float)fmin(fmax(ax, bx), width);
    b->y1 = (float)fmin(fmax(ay, by), height);
    return b->x1 > b->x0 && b->y1 > b->y0;
}

static bool is_whole(const nn_transform *m, const nn_result *r, int width, int height)
{
    return m->xx == (double)width / r->frame_width && m->yy == (double)height / r->frame_height &&
           m->dx == 0 && m->dy == 0 && m->xy == 0;
}

// The number of elements along a side of the new map, so that they keep their size.
static int places(double per_pixel, int pixels)
{
    return (int)fmin(fmax(lrint(per_pixel * pixels), 1), MAP_SIDE_MAX);
}

static nn_status move_map(nn_label_map *to, const nn_result *r, const nn_transform *m, int width,
                          int height)
{
    const nn_label_map *from = &r->map;
    const double across = (double)from->width / r->frame_width;
    const double down = (double)from->height / r->frame_height;
    const nn_transform back = inverse(m);
    const int w = places(fabs(back.xx) * across + fabs(back.yx) * down, width);
    const int h = places(fabs(back.xy) * across + fabs(back.yy) * down, height);
    if (nn_label_map_resize(to, w, h) != NN_OK)
        return NN_ENOMEM;
    for (int j = 0; j < h; j++)
        for (int i = 0; i < w; i++) {
            double x, y;
            nn_transform_point(&back, (i + 0.5) * width / w, (j + 0.5) * height / h, &x, &y);
            const double u = floor(x * across), v = floor(y * down);
            const bool inside = u >= 0 && v >= 0 && u < from->width && v < from->height;
            to->label[(size_t)j * (size_t)w + (size_t)i] =
                inside ? from->label[(size_t)v * (size_t)from->width + (size_t)u] : 0;
        }
    return NN_OK;
}

nn_status nn_result_transform(nn_result *r, const nn_transform *m, int width, int height)
{
    nn_label_map map = {0};
    int kept = 0;
    if (!nn_transform_is_upright(m) || width < 1 || height < 1)
        return NN_EINVAL;
    if (r->map.width > 0 && (r->frame_width < 1 || r->frame_height < 1))
        return NN_EINVAL;
    if (r->map.width > 0 && !is_whole(m, r, width, height)) {
        if (move_map(&map, r, m, width, height) != NN_OK)
            return NN_ENOMEM;
        nn_label_map_release(&r->map);
        r->map = map;
    }
    nn_details_transform(&r->details, m);
    for (int i = 0; i < r->count; i++) {
        nn_box b = r->boxes[i];
        if (nn_transform_box(m, width, height, &b))
            r->boxes[kept++] = b;
    }
    r->count = kept;
    r->frame_width = width;
    r->frame_height = height;
    return NN_OK;
}
