// SPDX-License-Identifier: MIT
// Draws lines piece by piece, each as a small mask of its distance to the pixels.
#include "plugins/overlay/stroke.h"

#include <math.h>

enum { PIECE = 48 }; // pixels: longer lines are cut, so that the masks of slanting ones stay small

typedef struct Piece {
    float x, y, dx, dy; // from x, y to x + dx, y + dy
    float square;       // of its length
    float from, to;     // opacity
} Piece;

static Piece make_piece(const NeroStrokePoint *a, const NeroStrokePoint *b, float at, float end)
{
    const float dx = b->x - a->x, dy = b->y - a->y, fade = b->opacity - a->opacity;
    Piece p = {.x = a->x + at * dx,
               .y = a->y + at * dy,
               .dx = (end - at) * dx,
               .dy = (end - at) * dy,
               .from = a->opacity + at * fade,
               .to = a->opacity + end * fade};
    p.square = p.dx * p.dx + p.dy * p.dy;
    return p;
}

// How much of the colour a piece gives to the pixel around x, y, 0..1.
static float ink_at(const Piece *p, float radius, float x, float y)
{
    const float ux = x - p->x, uy = y - p->y;
    float t = p->square > 0 ? (ux * p->dx + uy * p->dy) / p->square : 0;
    t = CLAMP(t, 0, 1);
    const float vx = ux - t * p->dx, vy = uy - t * p->dy;
    const float square = vx * vx + vy * vy, outside = radius + 0.5f;
    if (square >= outside * outside)
        return 0;
    return MIN(outside - sqrtf(square), 1) * (p->from + t * (p->to - p->from));
}

typedef struct Pen {
    NeroCanvas *canvas;
    float radius;
    guint32 rgb;
    guint8 *mask;
    gsize capacity;
} Pen;

// What a piece adds to the ink that the two beside it, drawn before, have left.
static void draw_piece(Pen *pen, const Piece *p, const Piece *last, const Piece *first)
{
    const float r = pen->radius + 1;
    const int x0 = MAX((int)floorf(MIN(p->x, p->x + p->dx) - r), 0);
    const int y0 = MAX((int)floorf(MIN(p->y, p->y + p->dy) - r), 0);
    const int x1 = MIN((int)ceilf(MAX(p->x, p->x + p->dx) + r), nero_canvas_width(pen->canvas));
    const int y1 = MIN((int)ceilf(MAX(p->y, p->y + p->dy) + r), nero_canvas_height(pen->canvas));
    if (x0 >= x1 || y0 >= y1)
        return;
    const NeroMask mask = {x1 - x0, y1 - y0, x1 - x0, pen->mask};
    for (int y = y0; y < y1; y++) {
        guint8 *row = pen->mask + (gsize)(y - y0) * (gsize)mask.stride;
        for (int x = x0; x < x1; x++) {
            const float px = (float)x + 0.5f, py = (float)y + 0.5f;
            const float ink = ink_at(p, pen->radius, px, py);
            float there = ink > 0 && last ? ink_at(last, pen->radius, px, py) : 0;
            if (ink > there && first)
                there += (1 - there) * ink_at(first, pen->radius, px, py);
            row[x - x0] =
                ink > there ? (guint8)(255 * MIN((ink - there) / (1 - there), 1) + 0.5f) : 0;
        }
    }
    nero_canvas_mask(pen->canvas, x0, y0, &mask, pen->rgb);
}

// Cuts off what is far away from the frame: large numbers would not fit an int. FALSE: nothing is
// left. (Liang and Barsky 1984.)
static gboolean keep_near(const NeroCanvas *c, NeroStrokePoint *a, NeroStrokePoint *b)
{
    const double w = nero_canvas_width(c), h = nero_canvas_height(c);
    const double x = (double)a->x, y = (double)a->y, dx = (double)b->x - x, dy = (double)b->y - y;
    const double step[] = {-dx, dx, -dy, dy}, room[] = {x + w, 2 * w - x, y + h, 2 * h - y};
    const float from = a->opacity, fade = b->opacity - a->opacity;
    double t0 = 0, t1 = 1;
    if (!isfinite(dx) || !isfinite(dy))
        return FALSE;
    for (int i = 0; i < 4; i++) {
        if (step[i] == 0 && room[i] < 0)
            return FALSE;
        if (step[i] < 0)
            t0 = MAX(t0, room[i] / step[i]);
        if (step[i] > 0)
            t1 = MIN(t1, room[i] / step[i]);
    }
    if (t0 > 0)
        *a = (NeroStrokePoint){(float)(x + t0 * dx), (float)(y + t0 * dy), from + (float)t0 * fade};
    if (t1 < 1)
        *b = (NeroStrokePoint){(float)(x + t1 * dx), (float)(y + t1 * dy), from + (float)t1 * fade};
    return t0 <= t1;
}

void nero_stroke(NeroCanvas *c, const NeroStrokePoint *points, guint n, gboolean closed,
                 float thickness, guint32 rgb)
{
    const gsize side = (gsize)(PIECE + thickness) + 6;
    Pen pen = {.canvas = c, .radius = thickness / 2, .rgb = rgb, .mask = g_malloc(side * side)};
    const guint lines = closed ? n : n - 1;
    Piece last = {0}, first = {0};
    guint drawn = 0;
    for (guint i = 0; n > 1 && i < lines; i++) {
        NeroStrokePoint a = points[i], b = points[(i + 1) % n];
        if (!keep_near(c, &a, &b))
            continue;
        const int pieces = (int)(hypotf(b.x - a.x, b.y - a.y) / PIECE) + 1;
        for (int k = 0; k < pieces; k++) {
            const Piece p =
                make_piece(&a, &b, (float)k / (float)pieces, (float)(k + 1) / (float)pieces);
            const gboolean closes = closed && drawn > 1 && i == lines - 1 && k == pieces - 1;
            draw_piece(&pen, &p, drawn ? &last : NULL, closes ? &first : NULL);
            first = drawn ? first : p;
            last = p;
            drawn++;
        }
    }
    g_free(pen.mask);
}
