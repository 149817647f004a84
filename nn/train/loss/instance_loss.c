// SPDX-License-Identifier: MIT
// Instance masks: the cross-entropy of sums of prototypes inside of boxes, with gradients by hand.
#include "nn/train/loss/instance_loss.h"

#include "nn/base/memory.h"
#include "nn/vision/details.h"
#include "nn/vision/outline.h"

#include <math.h>
#include <string.h>

enum { FINE = 2 }; // elements of a side of a cell, by which the part of it inside is found

struct nn_instance_loss {
    uint8_t *painted; // FINE w x FINE h
    float *part;      // of each cell of the current box that is inside of the outline
    float *sum;       // of the prototypes there; then its slope
    float *corners;   // of the current outline, in elements
    int corner_room;
};

nn_status nn_instance_loss_new(nn_instance_loss **out, const nn_instance_prototypes *p,
                               nn_error *err)
{
    const size_t cells = (size_t)p->h * (size_t)p->w;
    nn_instance_loss *s = *out = nn_calloc(1, sizeof *s);
    if (s) {
        s->painted = nn_calloc(cells, (size_t)FINE * FINE);
        s->part = nn_calloc(cells, sizeof *s->part);
        s->sum = nn_calloc(cells, sizeof *s->sum);
    }
    if (s && s->painted && s->part && s->sum)
        return NN_OK;
    nn_instance_loss_free(s);
    *out = NULL;
    return nn_fail(err, NN_ENOMEM, "loss: no memory for masks of %dx%d", p->w, p->h);
}

void nn_instance_loss_free(nn_instance_loss *s)
{
    if (!s)
        return;
    nn_free(s->painted);
    nn_free(s->part);
    nn_free(s->sum);
    nn_free(s->corners);
    nn_free(s);
}

// Cells [x0, x1) of rows [y0, y1) of the prototypes.
typedef struct cells {
    int x0, y0, x1, y1;
} cells;

static int clamp_cell(double v, int most)
{
    return v < 0 ? 0 : v > most ? most : (int)v;
}

// The cells that a box touches.
static cells find_cells(const nn_instance_prototypes *p, const nn_truth *t)
{
    const double sx = (double)p->w / p->width, sy = (double)p->h / p->height;
    cells c = {clamp_cell(floor(t->x0 * sx), p->w - 1), clamp_cell(floor(t->y0 * sy), p->h - 1),
               clamp_cell(ceil(t->x1 * sx), p->w), clamp_cell(ceil(t->y1 * sy), p->h)};
    c.x1 = c.x1 > c.x0 ? c.x1 : c.x0 + 1;
    c.y1 = c.y1 > c.y0 ? c.y1 : c.y0 + 1;
    return c;
}

// Finds the part of each cell inside of the outline.
static bool paint(nn_instance_loss *s, const nn_instance_prototypes *p, const cells *c,
                  const float *xy, int corners)
{
    const int w = c->x1 - c->x0, h = c->y1 - c->y0, wide = FINE * w;
    const double sx = (double)p->w / p->width, sy = (double)p->h / p->height;
    if (corners > s->corner_room) {
        nn_free(s->corners);
        s->corners = nn_alloc(2 * (size_t)corners * sizeof *s->corners);
        s->corner_room = s->corners ? corners : 0;
    }
    if (!s->corners)
        return false;
    for (int i = 0; i < corners; i++) {
        s->corners[2 * i] = (float)(FINE * (xy[2 * i] * sx - c->x0));
        s->corners[2 * i + 1] = (float)(FINE * (xy[2 * i + 1] * sy - c->y0));
    }
    memset(s->painted, 0, (size_t)wide * (size_t)(FINE * h));
    if (nn_outline_paint(s->painted, wide, FINE * h, s->corners, corners, 1) != NN_OK)
        return false;
    for (int y = 0; y < h; y++)
        for (int x = 0; x < w; x++) {
            const uint8_t *at = s->painted + (size_t)FINE * y * wide + FINE * x;
            s->part[y * w + x] = (float)(at[0] + at[1] + at[wide] + at[wide + 1]) / (FINE * FINE);
        }
    return true;
}

// A point that learns the mask in s->part.
typedef struct pupil {
    const nn_instance_prototypes *p;
    cells c;
    int n;            // picture
    const float *raw; // coefficients are `plane` apart
    float *grad;
    int64_t plane;
} pupil;

// The first cell of the box in prototype k.
static int64_t cell_at(const pupil *u, int k)
{
    return (((int64_t)u->n * u->p->count + k) * u->p->h + u->c.y0) * u->p->w + u->c.x0;
}

static void add_prototypes(const pupil *u, float *sum, int w, int h)
{
    memset(sum, 0, sizeof *sum * (size_t)w * (size_t)h);
    for (int k = 0; k < u->p->count; k++) {
        const float coefficient = u->raw[k * u->plane], *from = u->p->value + cell_at(u, k);
        for (int y = 0; y < h; y++)
            for (int x = 0; x < w; x++)
                sum[y * w + x] += coefficient * from[(int64_t)y * u->p->w + x];
    }
}

// Turns the sums into slopes; returns the mean cross-entropy.
static double compare(float *sum, const float *part, int count)
{
    double loss = 0;
    for (int i = 0; i < count; i++) {
        const float z = sum[i], e = expf(-fabsf(z)), s = z >= 0 ? 1 / (1 + e) : e / (1 + e);
        loss += (double)(fmaxf(z, 0) - z * part[i] + log1pf(e));
        sum[i] = (s - part[i]) / (float)count;
    }
    return loss / count;
}

static double learn(nn_instance_loss *s, const pupil *u, double weight)
{
    const int w = u->c.x1 - u->c.x0, h = u->c.y1 - u->c.y0;
    add_prototypes(u, s->sum, w, h);
    const double loss = compare(s->sum, s->part, w * h);
    for (int k = 0; k < u->p->count; k++) {
        const float *from = u->p->value + cell_at(u, k);
        const float coefficient = (float)weight * u->raw[k * u->plane];
        float *to = u->p->grad + cell_at(u, k), by_coefficient = 0;
        for (int y = 0; y < h; y++)
            for (int x = 0; x < w; x++) {
                const float slope = s->sum[y * w + x];
                const int64_t at = (int64_t)y * u->p->w + x;
                by_coefficient += slope * from[at];
                to[at] += coefficient * slope;
            }
        u->grad[k * u->plane] += (float)weight * by_coefficient;
    }
    return weight * loss;
}

// All points of one object of a picture.
static double learn_object(nn_instance_loss *s, const nn_detect_loss *l,
                           const nn_detect_level *levels, pupil *u, int object, double scale)
{
    double loss = 0;
    for (int i = 0; i < l->points; i++) {
        const int64_t here = (int64_t)u->n * l->points + i;
        if (l->owner[here] != object)
            continue;
        const nn_detect_point at = nn_detect_point_at(l, i);
        const nn_detect_level *v = &levels[at.level];
        u->plane = (int64_t)v->h * v->w;
        const int64_t offset = u->n * v->more_count * u->plane + (int64_t)at.y * v->w + at.x;
        u->raw = v->more + offset;
        u->grad = v->more_grad + offset;
        loss += learn(s, u, scale * l->target[here]);
    }
    return loss;
}

nn_status nn_instance_loss_grad(nn_instance_loss *s, const nn_detect_loss *l,
                                const nn_detect_level *levels, const nn_instance_prototypes *p,
                                float weight, const nn_detect_loss_value *v, double *loss,
                                nn_error *err)
{
    *loss = 0;
    memset(p->grad, 0, sizeof *p->grad * (size_t)l->batch * p->count * p->h * p->w);
    for (int n = 0; n < l->batch; n++) {
        const nn_truth_list *list = &l->lists[n];
        for (int i = 0; i < list->count && list->details; i++) {
            const nn_truth *t = &list->truths[i];
            const nn_detail *d = nn_details_at(list->details, t->detail);
            if (t->ignore || !d || d->corner_count < 3)
                continue;
            pupil u = {.p = p, .c = find_cells(p, t), .n = n};
            if (!paint(s, p, &u.c, nn_detail_outline(list->details, d), d->corner_count))
                return nn_fail(err, NN_ENOMEM, "loss: no memory for a mask");
            *loss += learn_object(s, l, levels, &u, i, weight / v->norm);
        }
    }
    return NN_OK;
}
