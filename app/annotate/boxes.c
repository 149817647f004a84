// SPDX-License-Identifier: MIT
// Geometry of boxes.
#include "app/annotate/boxes.h"

#include <math.h>

static void order(double *low, double *high)
{
    if (*low > *high) {
        const double was = *low;
        *low = *high;
        *high = was;
    }
}

void ui_box_order(ui_box *b)
{
    order(&b->x0, &b->x1);
    order(&b->y0, &b->y1);
}

bool ui_box_clip(ui_box *b, int width, int height)
{
    b->x0 = fmin(fmax(b->x0, 0), width);
    b->x1 = fmin(fmax(b->x1, 0), width);
    b->y0 = fmin(fmax(b->y0, 0), height);
    b->y1 = fmin(fmax(b->y1, 0), height);
    return b->x1 - b->x0 >= 1 && b->y1 - b->y0 >= 1;
}

double ui_box_area(const ui_box *b)
{
    return (b->x1 - b->x0) * (b->y1 - b->y0);
}

bool ui_box_contains(const ui_box *b, double x, double y)
{
    return x >= b->x0 && x <= b->x1 && y >= b->y0 && y <= b->y1;
}

double ui_box_overlap(const ui_box *a, const ui_box *b)
{
    const double w = fmin(a->x1, b->x1) - fmax(a->x0, b->x0);
    const double h = fmin(a->y1, b->y1) - fmax(a->y0, b->y0);
    const double both = w > 0 && h > 0 ? w * h : 0;
    const double either = ui_box_area(a) + ui_box_area(b) - both;
    return either > 0 ? both / either : 0;
}

ui_box ui_box_between(const ui_box *a, const ui_box *b, double at)
{
    ui_box out = *a;
    out.x0 += (b->x0 - a->x0) * at;
    out.y0 += (b->y0 - a->y0) * at;
    out.x1 += (b->x1 - a->x1) * at;
    out.y1 += (b->y1 - a->y1) * at;
    out.record = -1;
    out.filled = true;
    return out;
}
