// SPDX-License-Identifier: MIT
// Corners by the smaller eigenvalue of the gradients (Shi and Tomasi 1994), found again by block
// matching in two steps: at half size over a wide area, then exactly.
#include "nn/vision/camera_match.h"

#include <limits.h>
#include <math.h>
#include <stddef.h>

enum {
    PARTS_X = 12,
    PARTS_Y = 8,
    PATCH = 6,                // a patch reaches so many cells from its middle
    REACH = 16,               // search at half size, cells to each side
    BORDER = 2 * (PATCH + 1), // no corner so near to an edge
    STRIDE = 3,               // of the places that are tried as corners
    WORST = 24,               // mean difference of a patch that is found, in levels
};
#define LEAST_CORNER 900.0f // eigenvalue, squared levels, summed over a patch

void nn_grey_pair_halve(nn_grey_pair *g)
{
    const int w = g->width / 2, h = g->height / 2;
    for (int y = 0; y < h; y++) {
        const uint8_t *p = g->whole + (ptrdiff_t)2 * y * g->width, *q = p + g->width;
        for (int x = 0; x < w; x++)
            g->half[y * w + x] =
                (uint8_t)((p[2 * x] + p[2 * x + 1] + q[2 * x] + q[2 * x + 1] + 2) / 4);
    }
}

// How well a patch can be told from its neighbours in every direction.
static float corner_at(const nn_grey_pair *g, int x, int y)
{
    int xx = 0, xy = 0, yy = 0;
    for (int j = -PATCH / 2; j <= PATCH / 2; j++) {
        const uint8_t *p = g->whole + (ptrdiff_t)(y + j) * g->width + x;
        for (int i = -PATCH / 2; i <= PATCH / 2; i++) {
            const int dx = p[i + 1] - p[i - 1], dy = p[i + g->width] - p[i - g->width];
            xx += dx * dx;
            xy += dx * dy;
            yy += dy * dy;
        }
    }
    const float half = 0.5f * (float)(xx + yy), diff = 0.5f * (float)(xx - yy);
    return half - sqrtf(diff * diff + (float)xy * (float)xy);
}

// The best corner of a part of the picture; false when it has none.
static bool find_corner(const nn_grey_pair *g, const bool *masked, int part_x, int part_y,
                        int *best_x, int *best_y)
{
    const int w = g->width - 2 * BORDER, h = g->height - 2 * BORDER;
    float best = LEAST_CORNER;
    bool found = false;
    for (int y = BORDER + part_y * h / PARTS_Y; y < BORDER + (part_y + 1) * h / PARTS_Y;
         y += STRIDE)
        for (int x = BORDER + part_x * w / PARTS_X; x < BORDER + (part_x + 1) * w / PARTS_X;
             x += STRIDE) {
            if (masked && masked[y * g->width + x])
                continue;
            const float corner = corner_at(g, x, y);
            if (corner > best) {
                best = corner;
                *best_x = x;
                *best_y = y;
                found = true;
            }
        }
    return found;
}

// The difference of two patches of (2 * reach + 1)^2 cells: squares, or INT_MAX beyond `most`.
static int difference(const uint8_t *a, const uint8_t *b, int stride, int reach, int most)
{
    int sum = 0;
    for (int j = -reach; j <= reach && sum <= most; j++) {
        const uint8_t *p = a + (ptrdiff_t)j * stride, *q = b + (ptrdiff_t)j * stride;
        for (int i = -reach; i <= reach; i++) {
            const int d = p[i] - q[i];
            sum += d * d;
        }
    }
    return sum <= most ? sum : INT_MAX;
}

static int clamp(int v, int low, int high)
{
    return v < low ? low : v > high ? high : v;
}

// Finds the patch around (x, y) of `a` in `b`, near (*bx, *by). Returns the difference.
static int search(const uint8_t *a, const uint8_t *b, int width, int height, int x, int y,
                  int patch, int reach, int *bx, int *by)
{
    const int x_from = clamp(*bx - reach, patch, width - 1 - patch);
    const int x_to = clamp(*bx + reach, patch, width - 1 - patch);
    const int y_from = clamp(*by - reach, patch, height - 1 - patch);
    const int y_to = clamp(*by + reach, patch, height - 1 - patch);
    int best = INT_MAX;
    for (int v = y_from; v <= y_to; v++)
        for (int u = x_from; u <= x_to; u++) {
            const int d = difference(a + (ptrdiff_t)y * width + x, b + (ptrdiff_t)v * width + u,
                                     width, patch, best - (best == INT_MAX));
            if (d < best) {
                best = d;
                *bx = u;
                *by = v;
            }
        }
    return best;
}

// Where between -0.5 and 0.5 the smallest value of a parabola through three lies.
static float vertex(int before, int at, int after)
{
    const float bend = (float)before - 2 * (float)at + (float)after;
    const float v = bend > 0 ? 0.5f * ((float)before - (float)after) / bend : 0;
    return fminf(fmaxf(v, -0.5f), 0.5f);
}

// Finds a corner again, to a part of a cell. False when it is gone.
static bool follow(const nn_grey_pair *last, const nn_grey_pair *now, int x, int y,
                   nn_camera_point *p)
{
    const int w = last->width, h = last->height, cells = (2 * PATCH + 1) * (2 * PATCH + 1);
    int u = x / 2, v = y / 2;
    search(last->half, now->half, w / 2, h / 2, x / 2, y / 2, PATCH / 2, REACH, &u, &v);
    u = 2 * u + x % 2;
    v = 2 * v + y % 2;
    const int cost = search(last->whole, now->whole, w, h, x, y, PATCH, 2, &u, &v);
    if (cost > WORST * WORST * cells || u <= PATCH || v <= PATCH || u >= w - 1 - PATCH ||
        v >= h - 1 - PATCH)
        return false;
    const uint8_t *a = last->whole + (ptrdiff_t)y * w + x, *b = now->whole + (ptrdiff_t)v * w + u;
    const int most = INT_MAX - 1;
    *p = (nn_camera_point){
        .x0 = (float)x + 0.5f,
        .y0 = (float)y + 0.5f,
        .x1 = (float)u + 0.5f +
              vertex(difference(a, b - 1, w, PATCH, most), cost,
                     difference(a, b + 1, w, PATCH, most)),
        .y1 = (float)v + 0.5f +
              vertex(difference(a, b - w, w, PATCH, most), cost,
                     difference(a, b + w, w, PATCH, most)),
    };
    return true;
}

int nn_camera_match(const nn_grey_pair *last, const nn_grey_pair *now, const bool *masked,
                    nn_camera_point points[NN_CAMERA_POINTS])
{
    int n = 0;
    if (last->width <= 2 * BORDER + PARTS_X || last->height <= 2 * BORDER + PARTS_Y)
        return 0;
    for (int j = 0; j < PARTS_Y; j++)
        for (int i = 0; i < PARTS_X; i++) {
            int x = 0, y = 0;
            if (find_corner(last, masked, i, j, &x, &y) && follow(last, now, x, y, &points[n]))
                n++;
        }
    return n;
}
