// SPDX-License-Identifier: MIT
// Crossings of the middles of columns, on a grid of fifths of pixels.
#include "nn/eval/coco_outline.h"

#include <math.h>
#include <stddef.h>
#include <stdlib.h>

enum { FIFTHS = 5, MIDDLE = 2 }; // the middle of a pixel is between its fifths 2 and 3

typedef struct canvas {
    uint8_t *pixels;
    int width, height;
} canvas;

// A place on the grid. Files have decimals, which float32 only approximates: three are restored.
static int grid(float v)
{
    const double decimal = rint((double)v * 1000) / 1000;
    return (int)(FIFTHS * decimal + 0.5);
}

// Notes that the outline crosses from fifth u to u + 1 of a row of fifths, at height v: in that
// column, inside and outside change from the pixel whose middle is at or below it.
static void cross(const canvas *c, int u, int v)
{
    if (u < MIDDLE || (u - MIDDLE) % FIFTHS != 0 || (u - MIDDLE) / FIFTHS >= c->width)
        return;
    const double y = fmax(ceil((v + 0.5) / FIFTHS - 0.5), 0);
    if (y < c->height)
        c->pixels[(size_t)y * (size_t)c->width + (size_t)((u - MIDDLE) / FIFTHS)] ^= 1;
}

static int least(int a, int b)
{
    return a < b ? a : b;
}

// The crossings of an edge that is at least as wide as high, from left to right.
static void cross_flat(const canvas *c, int x0, int y0, int x1, int y1)
{
    const double slope = x1 > x0 ? (double)(y1 - y0) / (x1 - x0) : 0;
    const int right = least(x1, FIFTHS * c->width);
    int u = x0 > MIDDLE ? x0 : MIDDLE;
    u += (FIFTHS - (u - MIDDLE) % FIFTHS) % FIFTHS;
    for (; u < right; u += FIFTHS) {
        const int here = (int)(y0 + slope * (u - x0) + 0.5);
        const int next = (int)(y0 + slope * (u + 1 - x0) + 0.5);
        cross(c, u, least(here, next));
    }
}

// Those of a part of an edge above the picture, between two fifths: all change its first row. Its
// height, which may be a million pixels, takes no time.
static void cross_above(const canvas *c, int from, int to)
{
    const int left = least(from, to), right = least(from > to ? from : to, FIFTHS * c->width);
    int u = left > MIDDLE ? left : MIDDLE;
    u += (FIFTHS - (u - MIDDLE) % FIFTHS) % FIFTHS;
    for (; u < right; u += FIFTHS)
        cross(c, u, -FIFTHS);
}

// Those of an edge that is higher than wide, downwards.
static void cross_steep(const canvas *c, int x0, int y0, int x1, int y1)
{
    const double slope = (double)(x1 - x0) / (y1 - y0);
    const int last = least(y1, FIFTHS * (c->height + 1)); // nothing changes below the picture
    const int first = y0 < -FIFTHS ? least(-FIFTHS, y1) : y0;
    if (first > y0)
        cross_above(c, x0, (int)(x0 + slope * (first - y0) + 0.5));
    for (int v = first; v < last; v++) {
        const int here = (int)(x0 + slope * (v - y0) + 0.5);
        const int next = (int)(x0 + slope * (v + 1 - y0) + 0.5);
        if (here != next)
            cross(c, least(here, next), v);
    }
}

static void cross_edge(const canvas *c, int x0, int y0, int x1, int y1)
{
    const int wide = abs(x1 - x0), high = abs(y1 - y0);
    const int back = wide >= high ? x0 > x1 : y0 > y1;
    if (wide >= high && back)
        cross_flat(c, x1, y1, x0, y0);
    else if (wide >= high)
        cross_flat(c, x0, y0, x1, y1);
    else if (back)
        cross_steep(c, x1, y1, x0, y0);
    else
        cross_steep(c, x0, y0, x1, y1);
}

void nn_coco_outline_paint(uint8_t *pixels, int width, int height, int y0, int y1, const float *xy,
                           int corners)
{
    const canvas c = {pixels, width, height};
    for (int i = 0; i < corners; i++) {
        const float *a = xy + (size_t)2 * i, *b = xy + (size_t)2 * ((i + 1) % corners);
        cross_edge(&c, grid(a[0]), grid(a[1]), grid(b[0]), grid(b[1]));
    }
    for (int y = y0 + 1; y < y1; y++) { // from changes to what is inside
        uint8_t *row = pixels + (size_t)y * (size_t)width;
        for (int x = 0; x < width; x++)
            row[x] ^= row[x - width];
    }
}
