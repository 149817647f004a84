// SPDX-License-Identifier: MIT
// The objects of a stream and their frames.
#include "nn/vision/analytics/internal.h"

#include "nn/base/memory.h"

#include <math.h>
#include <string.h>

#define EDGE_MS 1000.0 // an object at the edge of the frame most likely walked out of it

enum { MOST_OBJECTS = 4096 };

nn_analytics *nn_analytics_new(void)
{
    return nn_calloc(1, sizeof(nn_analytics));
}

void nn_analytics_free(nn_analytics *a)
{
    if (!a)
        return;
    nn_free(a->areas);
    nn_free(a->ids);
    nn_free(a->objects);
    nn_free(a->trails);
    nn_free(a->visits);
    nn_report_release(&a->report);
    nn_free(a);
}

const nn_report *nn_analytics_report(const nn_analytics *a)
{
    return &a->report;
}

bool nn_analytics_has_identities(const nn_analytics *a)
{
    return a->identities;
}

void nn_analytics_restart(nn_analytics *a)
{
    a->restarted = true;
}

void nn_analytics_set_reverse(nn_analytics *a, bool reverse)
{
    a->reverse = reverse;
}

void nn_analytics_doubt(nn_analytics *a)
{
    for (int i = 0; i < a->count; i++)
        a->objects[i].doubtful = true;
}

// --- objects ---

// Enlarges an array of `size` bytes an item; false leaves it as it was.
static bool enlarge(void **array, size_t size, int from, int to)
{
    void *more = nn_realloc(*array, (size_t)from * size, (size_t)to * size);
    *array = more ? more : *array;
    return more != NULL;
}

static bool grow(nn_analytics *a)
{
    const int from = a->capacity, to = from ? 2 * from : 32;
    void *ids = a->ids, *objects = a->objects, *trails = a->trails;
    const bool ok = enlarge(&ids, sizeof *a->ids, from, to) &&
                    enlarge(&objects, sizeof *a->objects, from, to) &&
                    enlarge(&trails, sizeof *a->trails, from, to);
    a->ids = ids;
    a->objects = objects;
    a->trails = trails;
    nn_visit *visits =
        ok ? nn_calloc((size_t)to * (size_t)a->area_count + 1, sizeof *visits) : NULL;
    if (!visits)
        return false;
    for (int k = 0; k < a->area_count && from > 0; k++)
        memcpy(visits + (size_t)k * (size_t)to, nn_visit_at(a, 0, k),
               (size_t)from * sizeof *visits);
    nn_free(a->visits);
    a->visits = visits;
    a->capacity = to;
    return true;
}

static int find(const nn_analytics *a, int32_t id)
{
    for (int i = 0; i < a->count; i++)
        if (a->ids[i] == id)
            return i;
    return -1;
}

// The index of the object with this identity, maybe a new one; -1 when there are too many, or (*ok
// false) when memory is short.
static int find_or_add(nn_analytics *a, int32_t id, bool *ok)
{
    const int i = find(a, id);
    if (i >= 0 || a->count >= MOST_OBJECTS)
        return i;
    if (a->count == a->capacity && !grow(a)) {
        *ok = false;
        return -1;
    }
    for (int k = 0; k < a->area_count; k++)
        *nn_visit_at(a, a->count, k) = (nn_visit){0};
    a->ids[a->count] = id;
    a->objects[a->count] = (nn_tracked){.id = id, .speed = -1};
    a->trails[a->count] = (nn_trail){.count = 0};
    return a->count++;
}

static nn_point place_of(const nn_analytics *a, const nn_box *b)
{
    const float y = a->options.center ? (b->y0 + b->y1) / 2 : b->y1;
    return (nn_point){(b->x0 + b->x1) / 2 / (float)a->width, y / (float)a->height};
}

// Where an object walks: on the plane of the zone that it is in, else on that of the picture.
static float measure_speed(const nn_analytics *a, const nn_tracked *o, const nn_trail *trail)
{
    const nn_ground *g = a->has_ground ? &a->ground : NULL;
    for (int k = a->area_count - 1; k >= 0; k--)
        if (a->areas[k].has_ground && !a->areas[k].config.line && (o->within >> k & 1))
            g = &a->areas[k].ground;
    return g ? nn_trail_speed(trail, g, a->now) : -1;
}

// Within a hundredth of the frame.
static bool touches_edge(const nn_analytics *a, const nn_box *b)
{
    const float x = (float)a->width / 100, y = (float)a->height / 100;
    return b->x0 <= x || b->y0 <= y || b->x1 >= 99 * x || b->y1 >= 99 * y;
}

static bool lies_in(const nn_counted *r, nn_point p)
{
    const nn_box *b = &r->bounds;
    return !r->config.line && p.x >= b->x0 && p.x <= b->x1 && p.y >= b->y0 && p.y <= b->y1 &&
           nn_polygon_contains(&r->shape, p.x, p.y);
}

static void see(nn_analytics *a, int i, const nn_sighting *s)
{
    nn_tracked *o = &a->objects[i];
    o->here = true;
    o->doubtful = false;
    o->label = s->label;
    o->measured = s->measured;
    o->seen = a->now;
    o->at = place_of(a, &s->box);
    o->size = fminf(s->box.x1 - s->box.x0, s->box.y1 - s->box.y0);
    o->edge = touches_edge(a, &s->box);
    o->within = 0;
    for (int k = 0; k < a->area_count; k++)
        if (lies_in(&a->areas[k], o->at))
            o->within |= (uint64_t)1 << k;
    if (s->measured)
        nn_trail_add(&a->trails[i], o->at, a->now);
    o->speed = measure_speed(a, o, &a->trails[i]);
}

static void count_anonymous(nn_analytics *a, const nn_sighting *s)
{
    const nn_point p = place_of(a, &s->box);
    for (int k = 0; k < a->area_count; k++) {
        nn_counted *r = &a->areas[k];
        if (lies_in(r, p) && nn_counted_takes(r, s->label))
            r->anonymous++;
    }
}

static void remove_gone(nn_analytics *a)
{
    for (int i = 0; i < a->count;) {
        if (!a->objects[i].gone) {
            i++;
            continue;
        }
        const int last = --a->count;
        a->ids[i] = a->ids[last];
        a->objects[i] = a->objects[last];
        a->trails[i] = a->trails[last];
        for (int k = 0; k < a->area_count; k++)
            *nn_visit_at(a, i, k) = *nn_visit_at(a, last, k);
    }
}

// --- a frame ---

// After a restart all objects leave, at the time when they were last seen.
static bool end_all(nn_analytics *a)
{
    if (!a->restarted)
        return true;
    for (int i = 0; i < a->count; i++) {
        a->objects[i].here = false;
        a->objects[i].gone = true;
    }
    const bool ok = nn_analytics_pass(a);
    for (int k = 0; k < a->area_count; k++) {
        nn_counted *r = &a->areas[k];
        r->last = r->last < 0 ? -1 : a->now; // times start again
        r->holds = 0;                        // nobody is left there
        memset(r->streak, 0, sizeof r->streak);
    }
    remove_gone(a);
    a->restarted = false;
    return ok;
}

static bool see_all(nn_analytics *a, const nn_sighting *objects, int count)
{
    bool ok = true;
    for (int i = 0; i < a->count; i++)
        a->objects[i].here = false;
    for (int i = 0; i < count && ok; i++) {
        const int32_t id = a->reverse ? 0 : objects[i].box.track_id;
        const int k = id > 0 ? find_or_add(a, id, &ok) : -1;
        if (k >= 0 && !a->objects[k].here) // of two with the same identity the first counts
            see(a, k, &objects[i]);
        a->identities = a->identities || id > 0;
    }
    for (int i = 0; i < count && (a->reverse || !a->identities); i++)
        count_anonymous(a, &objects[i]);
    for (int i = 0; i < a->count; i++) {
        nn_tracked *o = &a->objects[i];
        const double patience = o->edge ? fmin(EDGE_MS, a->options.lost_ms) : a->options.lost_ms;
        o->gone = !o->here && (o->doubtful || a->now - o->seen > patience);
    }
    return ok;
}

nn_status nn_analytics_frame(nn_analytics *a, const nn_sighting *objects, int count, int width,
                             int height, double time_ms, nn_error *err)
{
    a->width = width;
    a->height = height;
    a->now = time_ms;
    a->report.event_count = 0;
    nn_analytics_settle(a, width, height);
    for (int k = 0; k < a->area_count; k++)
        a->areas[k].report.event_count = a->areas[k].anonymous = 0;
    bool ok = end_all(a);
    a->silent = a->reverse;
    ok = ok && see_all(a, objects, count) && nn_analytics_pass(a);
    a->silent = false;
    if (ok)
        remove_gone(a);
    return nn_analytics_tell(a) && ok ? NN_OK
                                      : nn_fail(err, NN_ENOMEM, "no memory for %d objects", count);
}
