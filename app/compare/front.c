// SPDX-License-Identifier: MIT
// The Pareto front, round ticks, and labels that do not overlap.
#include "app/compare/front.h"

#include <math.h>
#include <stdlib.h>

enum { DIRECTIONS = 16, RINGS = 12 };
#define GAP 5.0         // pixels between a mark and its label
#define RING 14.0       // pixels from one distance to the next
#define OUTSIDE 1e9     // cost of a label that leaves the frame
#define MARK_WEIGHT 4e3 // of an area: a covered mark is worse than a covered label
#define LABEL_WEIGHT 1e3
#define AVOID_WEIGHT 1.0
#define CROSSING 2000.0 // cost of a line through a label
#define FAR 20.0        // cost of a ring
#define PAD 2.0

void compare_front(const double *cost, const double *worth, bool *on, int count)
{
    for (int i = 0; i < count; i++) {
        on[i] = isfinite(cost[i]) && isfinite(worth[i]);
        for (int k = 0; k < count && on[i]; k++)
            on[i] = !(cost[k] <= cost[i] && worth[k] >= worth[i] &&
                      (cost[k] < cost[i] || worth[k] > worth[i]));
    }
}

double compare_overlap(const compare_rect *a, const compare_rect *b)
{
    const double w = fmin(a->x + a->w, b->x + b->w) - fmax(a->x, b->x);
    const double h = fmin(a->y + a->h, b->y + b->h) - fmax(a->y, b->y);
    return w > 0 && h > 0 ? w * h : 0;
}

// The label's rectangle in a direction (0: right, clockwise) at a distance from the mark's edge.
static compare_rect candidate(const compare_rect *label, double x, double y, double r,
                              int direction, int ring)
{
    const double angle = 2 * M_PI * direction / DIRECTIONS;
    const double dx = cos(angle), dy = sin(angle), away = r + GAP + RING * ring;
    compare_rect c = *label;
    // The nearest point of the rectangle lies in that direction.
    c.x = x + dx * away - 0.5 * c.w * (1 - dx);
    c.y = y + dy * away - 0.5 * c.h * (1 - dy);
    return c;
}

static bool is_inside(const compare_rect *c, const compare_rect *frame)
{
    return c->x >= frame->x && c->y >= frame->y && c->x + c->w <= frame->x + frame->w &&
           c->y + c->h <= frame->y + frame->h;
}

// Whether the line from a mark's centre to its label passes through a rectangle.
static bool crosses(const compare_rect *label, double x, double y, const compare_rect *other)
{
    enum { POINTS = 24 };
    const double to_x = fmin(fmax(x, label->x), label->x + label->w);
    const double to_y = fmin(fmax(y, label->y), label->y + label->h);
    for (int i = 0; i <= POINTS; i++) {
        const double px = x + (to_x - x) * i / POINTS, py = y + (to_y - y) * i / POINTS;
        if (px >= other->x && px <= other->x + other->w && py >= other->y &&
            py <= other->y + other->h)
            return true;
    }
    return false;
}

static double cost_of(const compare_rect *c, int i, const compare_rect *label, const bool *placed,
                      const compare_marks *m, const compare_rect *frame)
{
    const compare_rect wide = {c->x - PAD, c->y - PAD, c->w + 2 * PAD, c->h + 2 * PAD};
    double cost = is_inside(c, frame) ? 0 : OUTSIDE;
    for (int k = 0; k < m->count; k++) {
        const compare_rect mark = {m->x[k] - m->r[k], m->y[k] - m->r[k], 2 * m->r[k], 2 * m->r[k]};
        cost += MARK_WEIGHT * compare_overlap(&wide, &mark);
        if (!placed[k])
            continue;
        cost += LABEL_WEIGHT * compare_overlap(&wide, &label[k]);
        cost += crosses(c, m->x[i], m->y[i], &label[k]) ? CROSSING : 0;
        cost += crosses(&label[k], m->x[k], m->y[k], &wide) ? CROSSING : 0;
    }
    for (int k = 0; k < m->avoided; k++)
        cost += AVOID_WEIGHT * compare_overlap(&wide, &m->avoid[k]);
    return cost;
}

// How near other marks are: crowded ones are placed first.
static double crowd(int i, const compare_marks *m)
{
    double sum = 0;
    for (int k = 0; k < m->count; k++)
        if (k != i)
            sum += 1 / (30 + hypot(m->x[i] - m->x[k], m->y[i] - m->y[k]));
    return sum;
}

static void place(compare_rect *label, int i, const bool *placed, const compare_marks *m,
                  const compare_rect *frame)
{
    double best = INFINITY;
    compare_rect chosen = label[i];
    for (int ring = 0; ring < RINGS && best > 0; ring++)
        for (int d = 0; d < DIRECTIONS && best > 0; d++) {
            // To the right first, then to the left, then what is between.
            const int direction =
                (d % 2 ? DIRECTIONS / 2 : 0) + (d / 2 % 2 ? -1 : 1) * ((d + 2) / 4);
            const compare_rect c = candidate(&label[i], m->x[i], m->y[i], m->r[i], direction, ring);
            const double cost = cost_of(&c, i, label, placed, m, frame) + FAR * ring;
            if (cost < best) {
                best = cost;
                chosen = c;
            }
        }
    label[i] = chosen;
}

void compare_place_labels(compare_rect *label, const compare_marks *m, const compare_rect *frame)
{
    bool *placed = calloc((size_t)m->count + 1, sizeof *placed);
    for (int turn = 0; turn < m->count && placed; turn++) {
        int next = -1;
        for (int i = 0; i < m->count; i++)
            if (!placed[i] && (next < 0 || crowd(i, m) > crowd(next, m)))
                next = i;
        place(label, next, placed, m, frame);
        placed[next] = true;
    }
    free(placed);
}

static int log_ticks(double *ticks, double low, double high, const double *steps, int step_count)
{
    int count = 0;
    for (double decade = pow(10, floor(log10(low))); decade <= high; decade *= 10)
        for (int i = 0; i < step_count && count < COMPARE_TICKS; i++)
            if (decade * steps[i] >= low * (1 - 1e-9) && decade * steps[i] <= high * (1 + 1e-9))
                ticks[count++] = decade * steps[i];
    return count;
}

int compare_ticks(double *ticks, double low, double high, bool log_scale)
{
    static const double coarse[] = {1, 2, 5}, fine[] = {1, 1.5, 2, 3, 4, 5, 6, 8};
    if (!(high > low))
        return 0;
    if (log_scale) {
        const int count = log_ticks(ticks, low, high, coarse, 3);
        return count >= 3 ? count : log_ticks(ticks, low, high, fine, 8);
    }
    const double rough = (high - low) / 6, decade = pow(10, floor(log10(rough)));
    const double step = decade * (rough / decade > 5 ? 10 : rough / decade > 2 ? 5 : 2);
    int count = 0;
    for (double n = ceil(low / step - 1e-9);
         n * step <= high + 1e-9 * step && count < COMPARE_TICKS; n++)
        ticks[count++] = n * step;
    return count;
}
