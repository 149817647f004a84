// SPDX-License-Identifier: MIT
// Geometry of polygons: inside, bounds, area, and the area that a box shares with one.
#include "nn/vision/polygon.h"

#include <math.h>
#include <stdlib.h>

// Heights at which something begins or ends: a corner, or an edge that meets a side of the box.
enum { HEIGHTS = 3 * NN_POLYGON_POINTS + 2 };

void nn_polygon_to_pixels(nn_polygon *out, const nn_polygon *p, int width, int height)
{
    *out = *p;
    for (int i = 0; i < p->count && !p->pixels; i++)
        out->point[i] = (nn_point){p->point[i].x * (float)width, p->point[i].y * (float)height};
    out->pixels = true;
}

// Where the edge from a to b, which is not level, is at the height y: reckoned from its upper end,
// so that two edges that meet there are at the same place to the bit.
static double edge_at(nn_point a, nn_point b, double y)
{
    const nn_point up = a.y < b.y ? a : b, low = a.y < b.y ? b : a;
    return (double)up.x +
           ((double)low.x - (double)up.x) * (y - (double)up.y) / ((double)low.y - (double)up.y);
}

// Counts the edges to the right of the point. An edge has its upper end and not its lower one, so a
// corner counts once.
bool nn_polygon_contains(const nn_polygon *p, float x, float y)
{
    bool inside = false;
    for (int i = 0, j = p->count - 1; i < p->count; j = i++) {
        const nn_point a = p->point[i], b = p->point[j];
        if ((a.y > y) != (b.y > y) && (double)x < edge_at(a, b, (double)y))
            inside = !inside;
    }
    return inside;
}

bool nn_polygon_contains_foot(const nn_polygon *p, const nn_box *b)
{
    return nn_polygon_contains(p, (b->x0 + b->x1) / 2, b->y1 - 0.5f);
}

void nn_polygon_bounds(const nn_polygon *p, nn_box *b)
{
    b->x0 = b->x1 = p->count > 0 ? p->point[0].x : 0;
    b->y0 = b->y1 = p->count > 0 ? p->point[0].y : 0;
    for (int i = 1; i < p->count; i++) {
        b->x0 = fminf(b->x0, p->point[i].x);
        b->x1 = fmaxf(b->x1, p->point[i].x);
        b->y0 = fminf(b->y0, p->point[i].y);
        b->y1 = fmaxf(b->y1, p->point[i].y);
    }
}

static int by_size(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

// The heights at which an edge meets x.
static int add_meeting(double *height, int n, nn_point a, nn_point b, double x)
{
    const double ax = (double)a.x - x, bx = (double)b.x - x;
    if ((ax < 0) == (bx < 0))
        return n;
    height[n] = (double)a.y + ((double)b.y - (double)a.y) * ax / (ax - bx);
    return n + 1;
}

static int list_heights(const nn_polygon *p, const nn_box *b, double *height)
{
    int n = 0, kept = 0;
    height[n++] = (double)b->y0;
    height[n++] = (double)b->y1;
    for (int i = 0, j = p->count - 1; i < p->count; j = i++) {
        height[n++] = (double)p->point[i].y;
        n = add_meeting(height, n, p->point[j], p->point[i], (double)b->x0);
        n = add_meeting(height, n, p->point[j], p->point[i], (double)b->x1);
    }
    for (int i = 0; i < n; i++)
        if (height[i] >= (double)b->y0 && height[i] <= (double)b->y1)
            height[kept++] = height[i];
    qsort(height, (size_t)kept, sizeof *height, by_size);
    return kept;
}

// The length inside both on a horizontal line, which meets no corner.
static double shared_length(const nn_polygon *p, const nn_box *b, double y)
{
    double x[NN_POLYGON_POINTS], sum = 0;
    int n = 0;
    for (int i = 0, j = p->count - 1; i < p->count; j = i++) {
        const nn_point a = p->point[j], c = p->point[i];
        if (((double)a.y > y) != ((double)c.y > y))
            x[n++] = edge_at(a, c, y);
    }
    qsort(x, (size_t)n, sizeof *x, by_size);
    for (int i = 0; i + 1 < n; i += 2)
        sum += fmax(fmin(x[i + 1], (double)b->x1) - fmax(x[i], (double)b->x0), 0);
    return sum;
}

// Between two heights in order the shared part is made of trapezoids, whose area is their height
// times their length in the middle.
double nn_polygon_overlap(const nn_polygon *p, const nn_box *b)
{
    double height[HEIGHTS], sum = 0;
    if (!(b->x1 > b->x0 && b->y1 > b->y0))
        return 0;
    const int n = list_heights(p, b, height);
    for (int i = 0; i + 1 < n; i++)
        if (height[i + 1] > height[i])
            sum +=
                (height[i + 1] - height[i]) * shared_length(p, b, (height[i] + height[i + 1]) / 2);
    return sum;
}

double nn_polygon_area(const nn_polygon *p)
{
    nn_box b;
    nn_polygon_bounds(p, &b);
    return nn_polygon_overlap(p, &b);
}
