// SPDX-License-Identifier: MIT
// Follows an object through a zone and over a line, without counting what only jitters.
#include "nn/vision/analytics/visit.h"

#include <math.h>

// Counts a frame on the other side; true when there are enough.
static bool confirm(nn_visit *v, const nn_place *p, int inertia)
{
    if (v->streak++ == 0)
        v->since = p->time;
    if (v->streak < inertia || !p->measured)
        return false;
    v->streak = 0;
    return true;
}

int nn_visit_zone(nn_visit *v, bool within, const nn_place *p, int inertia)
{
    if (within == v->inside) {
        v->streak = 0;
        return 0;
    }
    if (!confirm(v, p, inertia))
        return 0;
    v->inside = !v->inside;
    if (v->inside)
        v->entered = v->since;
    return v->inside ? 1 : -1;
}

// How far a point is to the right of the line, in pixels.
static double distance(nn_point a, nn_point b, nn_point p)
{
    const double x = (double)b.x - (double)a.x, y = (double)b.y - (double)a.y;
    const double length = hypot(x, y);
    return length > 0 ? (x * ((double)p.y - (double)a.y) - y * ((double)p.x - (double)a.x)) / length
                      : 0;
}

// Whether the way from p to q, which meets the endless line through a and b, meets it between them.
static bool between(nn_point a, nn_point b, nn_point p, nn_point q)
{
    const double dp = distance(a, b, p), dq = distance(a, b, q);
    const double t = dp == dq ? 0.5 : dp / (dp - dq);
    const double x = (double)p.x + t * ((double)q.x - (double)p.x) - (double)a.x;
    const double y = (double)p.y + t * ((double)q.y - (double)p.y) - (double)a.y;
    const double lx = (double)b.x - (double)a.x, ly = (double)b.y - (double)a.y;
    const double along = x * lx + y * ly;
    return along >= 0 && along <= lx * lx + ly * ly;
}

int nn_visit_line(nn_visit *v, nn_point from, nn_point to, const nn_place *p, int inertia)
{
    const double d = distance(from, to, p->at);
    const int8_t near = d > 0 ? 1 : d < 0 ? -1 : v->near;
    if (v->near && near != v->near)
        v->through = between(from, to, v->last, p->at);
    v->near = near;
    v->last = p->at;
    const bool clear = fabs(d) > (double)p->slack;
    if (v->side == 0 && clear)
        v->side = near; // where it was first seen
    if (near == v->side)
        v->streak = 0;
    if (near == v->side || !clear || !confirm(v, p, inertia))
        return 0;
    v->side = near;
    return v->through ? near : 0;
}
