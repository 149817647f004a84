// SPDX-License-Identifier: MIT
// The movement that most patches agree on.
#include "nn/vision/camera_motion.h"

#include "nn/base/memory.h"
#include "nn/vision/camera_match.h"
#include "nn/vision/luma_cells.h"

#include <math.h>
#include <string.h>

enum {
    TRIES = 96, // pairs of points
    LEAST = 8,  // points that must agree
    BLOCK = 4,  // samples that are read of a cell, to each side
};
#define TOLERANCE 0.9f // cells
#define AGREE 0.4f     // part of the points that must agree
#define STILL 0.12f    // cells: a movement that small at every corner of the picture is none

const nn_motion nn_motion_none = {1, 0, 0, 0};

struct nn_camera_motion {
    nn_grey_pair pair[2];
    int now; // index of the last frame
    int frame_w, frame_h;
    nn_luma_row row;
    bool masked[NN_CAMERA_COLUMNS * NN_CAMERA_ROWS];
};

nn_motion nn_motion_chain(const nn_motion *m, const nn_motion *n)
{
    return (nn_motion){n->a * m->a - n->b * m->b, n->b * m->a + n->a * m->b,
                       n->a * m->tx - n->b * m->ty + n->tx, n->b * m->tx + n->a * m->ty + n->ty};
}

void nn_motion_box(const nn_motion *m, nn_box *box)
{
    const float scale = hypotf(m->a, m->b);
    const float x = 0.5f * (box->x0 + box->x1), y = 0.5f * (box->y0 + box->y1);
    const float w = 0.5f * scale * (box->x1 - box->x0), h = 0.5f * scale * (box->y1 - box->y0);
    const float u = m->a * x - m->b * y + m->tx, v = m->b * x + m->a * y + m->ty;
    box->x0 = u - w;
    box->y0 = v - h;
    box->x1 = u + w;
    box->y1 = v + h;
}

nn_camera_motion *nn_camera_motion_new(void)
{
    return nn_calloc(1, sizeof(nn_camera_motion));
}

void nn_camera_motion_free(nn_camera_motion *c)
{
    if (!c)
        return;
    nn_luma_row_release(&c->row);
    nn_free(c);
}

void nn_camera_motion_forget(nn_camera_motion *c)
{
    c->pair[c->now].width = 0;
}

// --- fitting ---

static float error_of(const nn_motion *m, const nn_camera_point *p)
{
    return hypotf(m->a * p->x0 - m->b * p->y0 + m->tx - p->x1,
                  m->b * p->x0 + m->a * p->y0 + m->ty - p->y1);
}

static int count_agreeing(const nn_motion *m, const nn_camera_point *p, int count)
{
    int n = 0;
    for (int i = 0; i < count; i++)
        n += error_of(m, &p[i]) <= TOLERANCE;
    return n;
}

// The movement of two points; false when they are too near to tell the turn.
static bool of_pair(const nn_camera_point *p, const nn_camera_point *q, nn_motion *m)
{
    const float dx = q->x0 - p->x0, dy = q->y0 - p->y0, ex = q->x1 - p->x1, ey = q->y1 - p->y1;
    const float square = dx * dx + dy * dy;
    if (square < 400)
        return false;
    m->a = (dx * ex + dy * ey) / square;
    m->b = (dx * ey - dy * ex) / square;
    m->tx = p->x1 - m->a * p->x0 + m->b * p->y0;
    m->ty = p->y1 - m->b * p->x0 - m->a * p->y0;
    return fabsf(hypotf(m->a, m->b) - 1) < 0.3f;
}

// The least squares movement of the points that agree with *m.
static void refine(nn_motion *m, const nn_camera_point *p, int count)
{
    double n = 0, x = 0, y = 0, u = 0, v = 0, square = 0, a = 0, b = 0;
    for (int i = 0; i < count; i++)
        if (error_of(m, &p[i]) <= TOLERANCE) {
            n++;
            x += p[i].x0;
            y += p[i].y0;
            u += p[i].x1;
            v += p[i].y1;
        }
    if (n < 2)
        return;
    x /= n, y /= n, u /= n, v /= n;
    for (int i = 0; i < count; i++)
        if (error_of(m, &p[i]) <= TOLERANCE) {
            const double dx = p[i].x0 - x, dy = p[i].y0 - y, ex = p[i].x1 - u, ey = p[i].y1 - v;
            square += dx * dx + dy * dy;
            a += dx * ex + dy * ey;
            b += dx * ey - dy * ex;
        }
    if (square <= 0)
        return;
    a /= square, b /= square;
    *m = (nn_motion){(float)a, (float)b, (float)(u - a * x + b * y), (float)(v - b * x - a * y)};
}

// The movement that most points agree on; false when too few do.
static bool fit(const nn_camera_point *p, int count, nn_motion *best)
{
    int most = 0;
    uint32_t state = 1;
    for (int i = 0; count >= LEAST && i < TRIES; i++) {
        nn_motion m;
        state = state * 1664525u + 1013904223u; // the same pairs for every frame
        const int one = (int)((state >> 16) % (uint32_t)count);
        state = state * 1664525u + 1013904223u;
        const int two = (int)((state >> 16) % (uint32_t)count);
        if (!of_pair(&p[one], &p[two], &m))
            continue;
        const int n = count_agreeing(&m, p, count);
        if (n > most) {
            most = n;
            *best = m;
        }
    }
    if (most < LEAST || (float)most < AGREE * (float)count)
        return false;
    refine(best, p, count);
    refine(best, p, count);
    return true;
}

// --- frames ---

// From cells to pixels, whose sizes may differ a little between the axes.
static nn_motion to_pixels(const nn_motion *m, float cell)
{
    return (nn_motion){m->a, m->b, m->tx * cell, m->ty * cell};
}

static bool is_still(const nn_motion *m, const nn_grey_pair *g)
{
    const float w = (float)g->width, h = (float)g->height;
    const float corners[4][2] = {{0, 0}, {w, 0}, {0, h}, {w, h}};
    for (int i = 0; i < 4; i++) {
        const float x = corners[i][0], y = corners[i][1];
        if (hypotf(m->a * x - m->b * y + m->tx - x, m->b * x + m->a * y + m->ty - y) > STILL)
            return false;
    }
    return true;
}

static int cell_at(float pixel, float cell, int most)
{
    const float at = pixel / cell;
    return !(at > 0) ? 0 : at >= (float)most ? most : (int)at;
}

// Masks the cells of the objects. False when they leave too little of the picture.
static bool mask(nn_camera_motion *c, const nn_box *objects, int count, float cell)
{
    const nn_grey_pair *g = &c->pair[c->now];
    int left = g->width * g->height;
    memset(c->masked, 0, sizeof *c->masked * (size_t)left);
    for (int i = 0; i < count; i++)
        for (int y = cell_at(objects[i].y0, cell, g->height),
                 end = cell_at(objects[i].y1 + cell, cell, g->height);
             y < end; y++)
            for (int x = cell_at(objects[i].x0, cell, g->width),
                     to = cell_at(objects[i].x1 + cell, cell, g->width);
                 x < to; x++) {
                left -= !c->masked[y * g->width + x];
                c->masked[y * g->width + x] = true;
            }
    return left > g->width * g->height / 4;
}

static bool reduce(nn_camera_motion *c, const nn_frame *f, nn_grey_pair *to, float *cell)
{
    *cell = fmaxf((float)f->width / NN_CAMERA_COLUMNS, 1);
    *cell = fmaxf((float)f->height / NN_CAMERA_ROWS, *cell);
    to->width = (int)((float)f->width / *cell);
    to->height = (int)((float)f->height / *cell);
    const nn_luma_grid grid = {to->width, to->height, BLOCK, BLOCK};
    if (to->width < 1 || to->height < 1 ||
        nn_luma_cells(f, &grid, &c->row, to->whole, NULL) != NN_OK) {
        to->width = 0;
        return false;
    }
    nn_grey_pair_halve(to);
    return true;
}

bool nn_camera_motion_measure(nn_camera_motion *c, const nn_frame *frame, const nn_box *objects,
                              int count, nn_motion *motion)
{
    nn_camera_point points[NN_CAMERA_POINTS];
    nn_grey_pair *last = &c->pair[c->now], *now = &c->pair[1 - c->now];
    const bool same = c->frame_w == frame->width && c->frame_h == frame->height && last->width > 0;
    float cell;
    nn_motion m;
    *motion = nn_motion_none;
    const bool read = reduce(c, frame, now, &cell);
    bool known = same && read;
    if (known) {
        const bool *masked = mask(c, objects, count, cell) ? c->masked : NULL;
        known = fit(points, nn_camera_match(last, now, masked, points), &m);
    }
    if (known && !is_still(&m, now))
        *motion = to_pixels(&m, cell);
    c->now = 1 - c->now;
    c->frame_w = frame->width;
    c->frame_h = frame->height;
    return known;
}
