// SPDX-License-Identifier: MIT
// Copies reports of analytics, and moves them with the picture.
#include "nn/vision/analytics/report.h"

#include "nn/base/memory.h"

#include <string.h>

void nn_report_release(nn_report *r)
{
    nn_free(r->areas);
    nn_free(r->points);
    nn_free(r->objects);
    nn_free(r->events);
    *r = (nn_report){0};
}

// A copy of `count` items; *ok becomes false when memory is short.
static void *copy_items(const void *items, int count, size_t size, bool *ok)
{
    void *copy = count > 0 ? nn_calloc((size_t)count, size) : NULL;
    if (copy)
        memcpy(copy, items, (size_t)count * size);
    *ok = *ok && (copy || count <= 0);
    return copy;
}

nn_status nn_report_copy(nn_report *out, const nn_report *r)
{
    bool ok = true;
    *out = *r;
    out->areas = copy_items(r->areas, r->area_count, sizeof *r->areas, &ok);
    out->points = copy_items(r->points, r->point_count, sizeof *r->points, &ok);
    out->objects = copy_items(r->objects, r->object_count, sizeof *r->objects, &ok);
    out->events = copy_items(r->events, r->event_count, sizeof *r->events, &ok);
    if (ok)
        return NN_OK;
    nn_report_release(out);
    return NN_ENOMEM;
}

void nn_report_transform(nn_report *r, const nn_transform *m, int in_width, int in_height,
                         int width, int height)
{
    for (int i = 0; i < r->point_count + r->event_count; i++) {
        nn_point *p = i < r->point_count ? &r->points[i] : &r->events[i - r->point_count].at;
        const double x = (double)p->x * in_width, y = (double)p->y * in_height;
        p->x = (float)((m->xx * x + m->xy * y + m->dx) / width);
        p->y = (float)((m->yx * x + m->yy * y + m->dy) / height);
    }
}

const nn_point *nn_report_points(const nn_report *r, const nn_area *a)
{
    return r->points + a->first;
}
