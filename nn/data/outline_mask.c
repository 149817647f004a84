// SPDX-License-Identifier: MIT
// Paints outlines into masks.
#include "nn/data/outline_mask.h"

#include "nn/base/memory.h"
#include "nn/data/coco_shape.h"
#include "nn/io/image/exif_orientation.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct canvas {
    uint8_t *labels; // owned
    int width, height;
} canvas;

// An object and its area.
typedef struct shape {
    float area;
    int index;
} shape;

// Order of painting: boxes, then outlines from large to small, else the order of the file.
static int compare(const void *a, const void *b)
{
    const shape *x = a, *y = b;
    const int by_area = (x->area < y->area) - (x->area > y->area);
    return by_area ? by_area : (x->index > y->index) - (x->index < y->index);
}

static float area_of(const nn_annotated_picture *p, const nn_annotation *a)
{
    const float *xy = p->xy + a->first;
    double twice = 0;
    if (a->corners == 0)
        return INFINITY;
    for (int i = 0, k = a->corners - 1; i < a->corners; k = i++)
        twice += (double)xy[2 * k] * xy[2 * i + 1] - (double)xy[2 * i] * xy[2 * k + 1];
    return (float)fabs(twice);
}

// Corners of an object in pixels, in a new array.
static nn_status find_corners(float **xy, int *corners, const nn_annotated_picture *p,
                              const nn_annotation *a, const canvas *c, nn_error *err)
{
    const float box[] = {a->x0, a->y0, a->x1, a->y0, a->x1, a->y1, a->x0, a->y1};
    const float *from = a->corners > 0 ? p->xy + a->first : box;
    const float sx = p->fractions ? (float)c->width : 1, sy = p->fractions ? (float)c->height : 1;
    *corners = a->corners > 0 ? a->corners : 4;
    *xy = nn_alloc(2 * (size_t)*corners * sizeof **xy);
    if (!*xy)
        return nn_fail(err, NN_ENOMEM, "no memory for %d corners", *corners);
    for (int i = 0; i < *corners; i++) {
        (*xy)[2 * i] = from[2 * i] * sx;
        (*xy)[2 * i + 1] = from[2 * i + 1] * sy;
    }
    return NN_OK;
}

static nn_status paint(const canvas *c, const nn_annotated_picture *p, const nn_annotation *a,
                       int32_t label, nn_error *err)
{
    nn_coco_shape polygon = {.polygon_count = 1};
    int corners;
    nn_status status = find_corners(&polygon.xy, &corners, p, a, c, err);
    if (status != NN_OK)
        return status;
    polygon.corners = &corners;
    const bool undecided = a->corners == 0 || a->ignore || label < 0;
    status = nn_coco_shape_paint(&polygon, c->labels, c->width, c->height,
                                 undecided ? NN_MASK_IGNORE : (uint8_t)label);
    nn_free(polygon.xy);
    return status == NN_OK ? NN_OK : nn_fail(err, status, "no memory to paint an outline");
}

static nn_status paint_all(const canvas *c, const nn_annotated_picture *p, const int32_t *label,
                           int *boxes, nn_error *err)
{
    nn_status status = NN_OK;
    shape *shapes = p->count > 0 ? nn_calloc((size_t)p->count, sizeof *shapes) : NULL;
    if (p->count > 0 && !shapes)
        return nn_fail(err, NN_ENOMEM, "no memory for %d outlines", p->count);
    for (int i = 0; i < p->count; i++)
        shapes[i] = (shape){area_of(p, &p->list[i]), i};
    if (p->count > 1)
        qsort(shapes, (size_t)p->count, sizeof *shapes, compare);
    for (int i = 0; i < p->count && status == NN_OK; i++) {
        const nn_annotation *a = &p->list[shapes[i].index];
        if (label[shapes[i].index] == NN_CLASS_DROP)
            continue;
        *boxes += a->corners == 0 && !a->ignore;
        status = paint(c, p, a, label[shapes[i].index], err);
    }
    nn_free(shapes);
    return status;
}

nn_status nn_outline_mask(nn_sample *s, const nn_annotated_picture *p, const int32_t *label,
                          int orientation, int *boxes, nn_error *err)
{
    const bool turns = nn_exif_swaps_axes(orientation);
    canvas c = {.width = turns ? s->height : s->width, .height = turns ? s->width : s->height};
    const size_t pixels = (size_t)c.width * (size_t)c.height;
    c.labels = nn_calloc(turns ? 2 * pixels : pixels, 1);
    nn_status status =
        c.labels ? paint_all(&c, p, label, boxes, err)
                 : nn_fail(err, NN_ENOMEM, "no memory for a mask of %dx%d", s->width, s->height);
    if (status == NN_OK && turns)
        nn_exif_apply_plane(c.labels + pixels, c.labels, c.width, c.height, orientation);
    if (status == NN_OK)
        status = nn_folder_take_mask(s, turns ? c.labels + pixels : c.labels, err);
    nn_free(c.labels);
    return status;
}
