// SPDX-License-Identifier: MIT
// Painting and clipping of polygons, row by row and side by side.
#include "nn/vision/outline.h"

#include "nn/base/memory.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static int compare_places(const void *a, const void *b)
{
    const float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

// The first element whose centre is at or right of x.
static int first_centre(float x, int width)
{
    const float at = ceilf(x - 0.5f);
    return at < 0 ? 0 : at > (float)width ? width : (int)at;
}

// Sorted x positions where a polygon crosses the middle of row y; `at` has room for all corners.
static int find_crossings(const float *xy, int corners, int y, float *at)
{
    const float middle = (float)y + 0.5f;
    int n = 0;
    for (int i = 0; i < corners; i++) {
        const float *from = xy + (size_t)2 * i, *to = xy + (size_t)2 * ((i + 1) % corners);
        // Downwards, so that a line that leads there and back crosses at the same place.
        const float *a = from[1] <= to[1] ? from : to, *b = from[1] <= to[1] ? to : from;
        if ((a[1] <= middle) != (b[1] <= middle))
            at[n++] = a[0] + (middle - a[1]) / (b[1] - a[1]) * (b[0] - a[0]);
    }
    qsort(at, (size_t)n, sizeof *at, compare_places);
    return n;
}

nn_status nn_outline_paint(uint8_t *labels, int width, int height, const float *xy, int corners,
                           uint8_t label)
{
    float top = INFINITY, bottom = -INFINITY;
    float *at = nn_alloc((size_t)corners * sizeof *at);
    if (!at)
        return NN_ENOMEM;
    for (int i = 0; i < corners; i++) {
        top = fminf(top, xy[(size_t)2 * i + 1]);
        bottom = fmaxf(bottom, xy[(size_t)2 * i + 1]);
    }
    const int last = first_centre(bottom, height);
    for (int y = first_centre(top, height); y < last; y++) {
        const int n = find_crossings(xy, corners, y, at);
        for (int i = 0; i + 1 < n; i += 2) {
            const int from = first_centre(at[i], width), to = first_centre(at[i + 1], width);
            memset(labels + (size_t)y * width + from, label, (size_t)(to - from));
        }
    }
    nn_free(at);
    return NN_OK;
}

// Keeps what is at or beyond `side` on an axis, or before it.
static int cut(float *out, const float *xy, int corners, int axis, double side, bool beyond)
{
    int n = 0;
    for (int i = 0; i < corners; i++) {
        const float *a = xy + (size_t)2 * i, *b = xy + (size_t)2 * ((i + 1) % corners);
        const bool in = beyond ? (double)a[axis] >= side : (double)a[axis] <= side;
        const bool next = beyond ? (double)b[axis] >= side : (double)b[axis] <= side;
        if (in) {
            out[2 * n] = a[0];
            out[2 * n++ + 1] = a[1];
        }
        if (in == next)
            continue;
        // From the inside outwards: a line there and back is cut at the same place.
        const float *p = in ? a : b, *q = in ? b : a;
        const double t = (side - (double)p[axis]) / ((double)q[axis] - (double)p[axis]);
        out[2 * n + axis] = (float)side;
        out[2 * n + 1 - axis] =
            (float)((double)p[1 - axis] + t * ((double)q[1 - axis] - (double)p[1 - axis]));
        n++;
    }
    return n;
}

int nn_outline_clip(float *out, const float *xy, int corners, const double side[4])
{
    // A cut gives up to 1.5 corners for each, four cuts 5.07: `out` ends where `half` begins, which
    // takes those of three cuts.
    float *const half = out + (size_t)11 * corners;
    const float *from = xy;
    int n = corners;
    for (int i = 0; i < 4; i++) {
        float *to = i % 2 ? out : half;
        if (isinf(side[i]))
            memcpy(to, from, 2 * (size_t)n * sizeof *to);
        else
            n = cut(to, from, n, i % 2, side[i], i < 2);
        from = to;
    }
    return n;
}

double nn_outline_area(const float *xy, int corners)
{
    double twice = 0;
    for (int i = 0, k = corners - 1; i < corners; k = i++)
        twice +=
            (double)xy[2 * k] * (double)xy[2 * i + 1] - (double)xy[2 * i] * (double)xy[2 * k + 1];
    return fabs(twice) / 2;
}

void nn_outline_bounds(double bounds[4], const float *xy, int corners)
{
    bounds[0] = bounds[1] = INFINITY;
    bounds[2] = bounds[3] = -INFINITY;
    for (int i = 0; i < 2 * corners; i++) {
        bounds[i % 2] = fmin(bounds[i % 2], (double)xy[i]);
        bounds[2 + i % 2] = fmax(bounds[2 + i % 2], (double)xy[i]);
    }
}
