// SPDX-License-Identifier: MIT
// Keeps a short list of places for each track and forgets what is too old.
#include "plugins/common/trails.h"

#include "plugins/common/objects.h"

enum { MOST_TRAILS = 512 };

// Pixels between points. Less is not seen, and the jitter of a box at rest draws nothing.
static const float SPACING = 3;

struct NeroTrails {
    GArray *trails; // of NeroTrail
    gint64 time, length;
};

NeroTrails *nero_trails_new(void)
{
    NeroTrails *t = g_new0(NeroTrails, 1);
    t->trails = g_array_new(FALSE, FALSE, sizeof(NeroTrail));
    t->time = G_MININT64;
    return t;
}

void nero_trails_free(NeroTrails *t)
{
    if (!t)
        return;
    g_array_unref(t->trails);
    g_free(t);
}

void nero_trails_forget(NeroTrails *t)
{
    g_array_set_size(t->trails, 0);
    t->time = G_MININT64;
}

static void drop_points(NeroTrail *trail, guint n)
{
    trail->count -= n;
    memmove(trail->points, trail->points + n, trail->count * sizeof *trail->points);
}

static void drop_old(NeroTrails *t)
{
    for (guint i = t->trails->len; i-- > 0;) {
        NeroTrail *trail = &g_array_index(t->trails, NeroTrail, i);
        guint old = 0;
        while (old < trail->count && t->time - trail->points[old].time > t->length)
            old++;
        drop_points(trail, old);
        if (trail->count == 0)
            g_array_remove_index_fast(t->trails, i);
    }
}

// The trail of an object, a new one when it has none. Of too many, the one that has not been seen
// for the longest time goes.
static NeroTrail *find_trail(NeroTrails *t, const NeroObject *o)
{
    guint oldest = 0;
    gint64 seen = G_MAXINT64;
    for (guint i = 0; i < t->trails->len; i++) {
        NeroTrail *trail = &g_array_index(t->trails, NeroTrail, i);
        if (trail->track_id == o->box.track_id && trail->name == o->label)
            return trail;
        if (trail->points[trail->count - 1].time < seen) {
            seen = trail->points[trail->count - 1].time;
            oldest = i;
        }
    }
    if (t->trails->len >= MOST_TRAILS)
        g_array_remove_index_fast(t->trails, oldest);
    const NeroTrail new = {.track_id = o->box.track_id, .label = o->box.label, .name = o->label};
    g_array_append_val(t->trails, new);
    return &g_array_index(t->trails, NeroTrail, t->trails->len - 1);
}

static gboolean is_apart(const NeroTrailPoint *a, const NeroTrailPoint *b)
{
    const float dx = b->x - a->x, dy = b->y - a->y;
    return dx * dx + dy * dy >= SPACING * SPACING;
}

// The last point is where the object is. It stays as a point of the trail when the one before it
// is far enough away, in space and time.
static void add_point(NeroTrail *trail, const NeroTrailPoint *p, gint64 length)
{
    const NeroTrailPoint *before = trail->count > 1 ? &trail->points[trail->count - 2] : NULL;
    const gboolean moves = trail->count > 0 && before &&
                           (!is_apart(before, &trail->points[trail->count - 1]) ||
                            p->time - before->time < length / (NERO_TRAIL_POINTS - 2));
    if (moves)
        trail->count--;
    if (trail->count == NERO_TRAIL_POINTS)
        drop_points(trail, 1);
    trail->points[trail->count++] = *p;
}

void nero_trails_add(NeroTrails *t, const GArray *objects, gint64 time, gint64 length)
{
    if (time < t->time || length <= 0)
        nero_trails_forget(t);
    if (length <= 0)
        return;
    t->time = time;
    t->length = length;
    drop_old(t);
    for (guint i = 0; i < objects->len; i++) {
        const NeroObject *o = &g_array_index(objects, NeroObject, i);
        const NeroTrailPoint p = {(o->box.x0 + o->box.x1) / 2, o->box.y1, time};
        if (o->box.track_id > 0)
            add_point(find_trail(t, o), &p, length);
    }
}

guint nero_trails_count(const NeroTrails *t)
{
    return t->trails->len;
}

const NeroTrail *nero_trails_get(const NeroTrails *t, guint i)
{
    return &g_array_index(t->trails, NeroTrail, i);
}

NeroTrailSpot nero_trails_spot(const NeroTrails *t, const NeroTrail *trail, guint i)
{
    static const float weight[] = {6, 4, 1}; // binomial
    const guint reach = MIN(MIN(i, trail->count - 1 - i), 2);
    const NeroTrailPoint *p = &trail->points[i];
    float sum = weight[0], x = weight[0] * p->x, y = weight[0] * p->y;
    for (guint k = 1; k <= reach; k++) {
        x += weight[k] * (p[-(gint)k].x + p[k].x);
        y += weight[k] * (p[-(gint)k].y + p[k].y);
        sum += 2 * weight[k];
    }
    const float left = t->length > 0 ? 1 - (float)(t->time - p->time) / (float)t->length : 0;
    return (NeroTrailSpot){x / sum, y / sum, left};
}
