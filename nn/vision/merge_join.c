// SPDX-License-Identifier: MIT
// Joins objects of which only pieces were seen, when one straight thing explains all the pieces.
//
// A tile shows a slanted thing by a box around the piece of it in that tile. The boxes of two such
// pieces have little in common, even where both tiles see the same part of the thing. So it is
// tried whether there is a rectangle, turned by any angle, whose box is the one around all pieces,
// and of which each tile would show what was found there.
#include "nn/vision/merge_join.h"

#include <math.h>

#define FITS 0.6f       // IoU of a piece with what its tile shows of the rectangle
#define FITS_STRIP 0.5f // the same of what two pieces have in common

typedef struct point {
    float x, y;
} point;

// A rectangle may have 8 corners after it was cut along 4 lines.
typedef struct outline {
    point at[8];
    int count;
} outline;

// The rectangle of thickness t whose box is b: L * cos + t * sin = width, L * sin + t * cos =
// height. Between 0 and 90 degrees it is the only one. The other diagonal is its mirror image.
static outline turned(const nn_box *b, float t, bool mirror)
{
    const float w = b->x1 - b->x0, h = b->y1 - b->y0;
    float low = 0, high = 1.5707964f;
    for (int i = 0; i < 12; i++) {
        const float a = (low + high) / 2;
        if (w * sinf(a) - h * cosf(a) + t * cosf(2 * a) < 0)
            low = a;
        else
            high = a;
    }
    const float x = t * sinf(low), y = t * cosf(low);
    outline o = {.count = 4, .at = {{x, 0}, {w, h - y}, {w - x, h}, {0, y}}};
    for (int i = 0; i < 4; i++) {
        o.at[i].x = b->x0 + (mirror ? w - o.at[i].x : o.at[i].x);
        o.at[i].y += b->y0;
    }
    return o;
}

// Keeps the side where a * x + b * y <= c.
static void cut_along(outline *o, float a, float b, float c)
{
    outline out = {.count = 0};
    for (int i = 0; i < o->count; i++) {
        const point p = o->at[i], q = o->at[(i + 1) % o->count];
        const float dp = a * p.x + b * p.y - c, dq = a * q.x + b * q.y - c;
        if (dp <= 0 && out.count < 8)
            out.at[out.count++] = p;
        if (((dp < 0 && dq > 0) || (dp > 0 && dq < 0)) && out.count < 8)
            out.at[out.count++] =
                (point){p.x + dp / (dp - dq) * (q.x - p.x), p.y + dp / (dp - dq) * (q.y - p.y)};
    }
    *o = out;
}

// The box around what an area shows of the outline; false: nothing.
static bool seen_in(outline o, const nn_box *area, nn_box *box)
{
    cut_along(&o, -1, 0, -area->x0);
    cut_along(&o, 1, 0, area->x1);
    cut_along(&o, 0, -1, -area->y0);
    cut_along(&o, 0, 1, area->y1);
    *box = (nn_box){.x0 = INFINITY, .y0 = INFINITY, .x1 = -INFINITY, .y1 = -INFINITY};
    for (int i = 0; i < o.count; i++) {
        box->x0 = fminf(box->x0, o.at[i].x), box->x1 = fmaxf(box->x1, o.at[i].x);
        box->y0 = fminf(box->y0, o.at[i].y), box->y1 = fmaxf(box->y1, o.at[i].y);
    }
    return box->x1 > box->x0 && box->y1 > box->y0;
}

// Whether each part would have found these pieces of the outline; the smallest IoU.
static float fit_pieces(const nn_merge_work *w, const nn_merge_object *object, const outline *o)
{
    float least = 1;
    for (int i = object->first; i >= 0 && least >= FITS; i = w->boxes[i].next) {
        const nn_box area = nn_merge_area(&w->passes[w->boxes[i].pass]);
        nn_box seen;
        least = fminf(least, seen_in(*o, &area, &seen) ? nn_box_iou(&seen, &w->boxes[i].box) : 0);
    }
    return least;
}

// Pieces of two objects, in tiles that overlap, must have in common what the outline shows there.
static bool fit_strips(const nn_merge_work *w, const nn_merge_object *a, const nn_merge_object *b,
                       const outline *o)
{
    bool any = false;
    for (int i = a->first; i >= 0; i = w->boxes[i].next)
        for (int k = b->first; k >= 0; k = w->boxes[k].next) {
            nn_box strip = nn_merge_area(&w->passes[w->boxes[i].pass]), seen;
            const nn_box other = nn_merge_area(&w->passes[w->boxes[k].pass]);
            if (!nn_merge_clip(&strip, &other) || !seen_in(*o, &strip, &seen))
                continue;
            nn_box both = w->boxes[i].box;
            if (!nn_merge_clip(&both, &w->boxes[k].box) || nn_box_iou(&both, &seen) < FITS_STRIP)
                return false;
            any = true;
        }
    return any;
}

// How well one straight thing explains the pieces of both: 0, or the smallest IoU of a piece.
static float fit(const nn_merge_work *w, const nn_merge_object *a, const nn_merge_object *b)
{
    nn_box all = a->bounds;
    nn_merge_widen(&all, &b->bounds);
    const float thin = fminf(all.x1 - all.x0, all.y1 - all.y0);
    float best = 0;
    for (int i = 1; i <= 8; i++)
        for (int mirror = 0; mirror < 2; mirror++) {
            const outline o = turned(&all, thin * (float)i / 8, mirror);
            const float f = fminf(fit_pieces(w, a, &o), fit_pieces(w, b, &o));
            if (f >= FITS && f > best && fit_strips(w, a, b, &o))
                best = f;
        }
    return best;
}

static bool may_join(const nn_merge_work *w, const nn_merge_object *a, const nn_merge_object *b)
{
    return a->kept && b->kept && !a->whole && !b->whole &&
           nn_merge_may_be_one(w, &a->box, &b->box) &&
           nn_merge_shared(&a->bounds, &b->bounds) > 0 && !nn_merge_share_pass(a, b);
}

static void take_boxes(nn_merge_work *w, nn_merge_object *to, nn_merge_object *from)
{
    int last = from->first;
    while (w->boxes[last].next >= 0)
        last = w->boxes[last].next;
    w->boxes[last].next = to->first;
    to->first = from->first;
    from->first = -1;
    from->kept = false;
    nn_merge_widen(&to->bounds, &from->bounds);
    for (int i = 0; i < NN_PASSES / 64; i++)
        to->has[i] |= from->has[i];
}

// A later object that fits it best; NULL: none.
static nn_merge_object *find_partner(nn_merge_work *w, nn_merge_object *to)
{
    nn_merge_object *from = NULL;
    float best = 0;
    for (nn_merge_object *o = to + 1; o < w->objects + w->object_count; o++) {
        const float f = may_join(w, to, o) ? fit(w, to, o) : 0;
        if (f > best)
            best = f, from = o;
    }
    return from;
}

void nn_merge_join(nn_merge_work *w,
                   void (*chosen)(const nn_merge_work *w, nn_merge_object *object))
{
    for (int i = 0; i < w->object_count; i++) {
        nn_merge_object *to = &w->objects[i], *from;
        while ((from = find_partner(w, to))) {
            take_boxes(w, to, from);
            chosen(w, to);
        }
    }
}
