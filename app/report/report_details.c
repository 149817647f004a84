// SPDX-License-Identifier: MIT
// Turns details of objects into lines.
#include "app/report/report_details.h"

#include "nn/vision/skeleton.h"

#include <glib.h>

#define CROSS 1.5 // half of a keypoint's cross, pixels of the cell

typedef struct lines {
    GArray *list; // of float[4]
    const app_report_place *place;
} lines;

static void add_line(const lines *l, double x0, double y0, double x1, double y1)
{
    const app_report_place *p = l->place;
    const float line[4] = {
        (float)(x0 * p->scale_x + p->shift_x), (float)(y0 * p->scale_y + p->shift_y),
        (float)(x1 * p->scale_x + p->shift_x), (float)(y1 * p->scale_y + p->shift_y)};
    g_array_append_val(l->list, line);
}

static void add_polygon(const lines *l, const float *xy, int corners)
{
    for (int i = 0, k = corners - 1; i < corners; k = i++)
        add_line(l, (double)xy[2 * k], (double)xy[2 * k + 1], (double)xy[2 * i],
                 (double)xy[2 * i + 1]);
}

static bool is_inside(const nn_detail *d, const uint8_t *mask, int x, int y)
{
    return x >= 0 && y >= 0 && x < d->mask_width && y < d->mask_height &&
           mask[(size_t)y * (size_t)d->mask_width + (size_t)x];
}

// The sides of elements between inside and outside.
static void add_mask(const lines *l, const nn_detail *d, const uint8_t *mask)
{
    const double w = ((double)d->mask_x1 - (double)d->mask_x0) / d->mask_width;
    const double h = ((double)d->mask_y1 - (double)d->mask_y0) / d->mask_height;
    for (int y = 0; y <= d->mask_height; y++)
        for (int x = 0; x <= d->mask_width; x++) {
            const bool here = is_inside(d, mask, x, y);
            const double u = (double)d->mask_x0 + x * w, v = (double)d->mask_y0 + y * h;
            if (here != is_inside(d, mask, x - 1, y))
                add_line(l, u, v, u, v + h);
            if (here != is_inside(d, mask, x, y - 1))
                add_line(l, u, v, u + w, v);
        }
}

static void add_keypoints(const lines *l, const nn_keypoint *k, const nn_detail *d)
{
    const nn_skeleton *s = nn_detail_skeleton(d);
    const int count = d->keypoint_count;
    const double x = CROSS / l->place->scale_x, y = CROSS / l->place->scale_y;
    for (int i = 0; s && i < s->link_count; i++) {
        const nn_keypoint *a = &k[s->links[i][0]], *b = &k[s->links[i][1]];
        if (a->score >= NN_KEYPOINT_SEEN && b->score >= NN_KEYPOINT_SEEN)
            add_line(l, (double)a->x, (double)a->y, (double)b->x, (double)b->y);
    }
    for (int i = 0; i < count; i++) {
        const double u = (double)k[i].x, v = (double)k[i].y;
        if (k[i].score < NN_KEYPOINT_SEEN)
            continue;
        add_line(l, u - x, v - y, u + x, v + y);
        add_line(l, u - x, v + y, u + x, v - y);
    }
}

void app_report_add_details(app_report_box *b, const nn_details *d, int32_t detail,
                            const app_report_place *place)
{
    const nn_detail *one = d ? nn_details_at(d, detail) : NULL;
    if (!one)
        return;
    const lines l = {g_array_new(FALSE, FALSE, 4 * sizeof(float)), place};
    if (one->rotated.width > 0) {
        float corner[8];
        nn_rotated_corners(&one->rotated, corner);
        add_polygon(&l, corner, 4);
    }
    if (one->corner_count > 0)
        add_polygon(&l, nn_detail_outline(d, one), one->corner_count);
    else if (one->mask_width > 0)
        add_mask(&l, one, nn_detail_mask(d, one));
    if (one->keypoint_count > 0)
        add_keypoints(&l, nn_detail_keypoints(d, one), one);
    b->line_count = (int)l.list->len;
    b->lines = (float(*)[4])(void *)g_array_free(l.list, FALSE);
}
