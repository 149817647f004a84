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
    nn_free(a->objects);
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

void nn_analytics_doubt(nn_analytics *a)
{
    for (int i = 0; i < a->count; i++)
        a->objects[i].doubtful = true;
}

// --- objects ---

static bool grow(nn_analytics *a)
{
    const int more = a->capacity ? 2 * a->capacity : 32;
    const size_t size = (size_t)a->capacity * sizeof *a->objects;
    const size_t row = (size_t)a->area_count * sizeof *a->visits;
    nn_tracked *objects = nn_realloc(a->objects, size, (size_t)more * sizeof *objects);
    if (!objects)
        return false;
    a->objects = objects;
    nn_visit *visits = nn_realloc(a->visits, (size_t)a->capacity * row, (size_t)more * row + 1);
    if (!visits)
        return false;
    a->visits = visits;
    a->capacity = more;
    return true;
}

static nn_tracked *find(const nn_analytics *a, int32_t id)
{
    for (int i = 0; i < a->count; i++)
        if (a->objects[i].id == id)
            return &a->objects[i];
    return NULL;
}

// The object with this identity, maybe a new one; NULL when there are too many, or (*ok false) when
// memory is short.
static nn_tracked *find_or_add(nn_analytics *a, int32_t id, bool *ok)
{
    nn_tracked *o = find(a, id);
    if (o || a->count >= MOST_OBJECTS)
        return o;
    if (a->count == a->capacity && !grow(a)) {
        *ok = false;
        return NULL;
    }
    memset(a->visits + (size_t)a->count * (size_t)a->area_count, 0,
           (size_t)a->area_count * sizeof *a->visits);
    o = &a->objects[a->count++];
    *o = (nn_tracked){.id = id, .speed = -1};
    return o;
}

static nn_point place_of(const nn_analytics *a, const nn_box *b)
{
    const float y = a->options.center ? (b->y0 + b->y1) / 2 : b->y1;
    return (nn_point){(b->x0 + b->x1) / 2 / (float)a->width, y / (float)a->height};
}

// Where an object walks: on the plane of the zone that it is in, else on that of the picture.
static float measure_speed(const nn_analytics *a, nn_tracked *o)
{
    const nn_ground *g = a->has_ground ? &a->ground : NULL;
    for (int k = a->area_count - 1; k >= 0; k--)
        if (a->areas[k].has_ground && !a->areas[k].config.line && (o->wide >> k & 1))
            g = &a->areas[k].ground;
    return g ? nn_trail_speed(&o->trail, g, a->now) : -1;
}

// Within a hundredth of the frame.
static bool touches_edge(const nn_analytics *a, const nn_box *b)
{
    const float x = (float)a->width / 100, y = (float)a->height / 100;
    return b->x0 <= x || b->y0 <= y || b->x1 >= 99 * x || b->y1 >= 99 * y;
}

static void see(nn_analytics *a, nn_tracked *o, const nn_sighting *s)
{
    o->here = true;
    o->doubtful = false;
    o->label = s->label;
    o->measured = s->measured;
    o->seen = a->now;
    o->at = place_of(a, &s->box);
    o->size = fminf(s->box.x1 - s->box.x0, s->box.y1 - s->box.y0);
    o->edge = touches_edge(a, &s->box);
    o->wide = 0;
    for (int k = 0; k < a->area_count; k++)
        if (!a->areas[k].config.line && nn_polygon_contains(&a->areas[k].shape, o->at.x, o->at.y))
            o->wide |= (uint64_t)1 << k;
    if (s->measured)
        nn_trail_add(&o->trail, o->at, a->now);
    o->speed = measure_speed(a, o);
}

static void count_anonymous(nn_analytics *a, const nn_sighting *s)
{
    const nn_point p = place_of(a, &s->box);
    for (int k = 0; k < a->area_count; k++) {
        nn_counted *r = &a->areas[k];
        if (!r->config.line && nn_counted_takes(r, s->label) &&
            nn_polygon_contains(&r->shape, p.x, p.y))
            r->anonymous++;
    }
}

static void remove_gone(nn_analytics *a)
{
    const size_t row = (size_t)a->area_count;
    for (int i = 0; i < a->count;) {
        if (!a->objects[i].gone) {
            i++;
            continue;
        }
        const int last = --a->count;
        a->objects[i] = a->objects[last];
        memmove(a->visits + (size_t)i * row, a->visits + (size_t)last * row,
                row * sizeof *a->visits);
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
    for (int k = 0; k < a->area_count; k++)
        a->areas[k].last = a->areas[k].last < 0 ? -1 : a->now; // times start again
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
        nn_tracked *o =
            objects[i].box.track_id > 0 ? find_or_add(a, objects[i].box.track_id, &ok) : NULL;
        if (o && !o->here) // of two with the same identity the first counts
            see(a, o, &objects[i]);
        a->identities = a->identities || o;
    }
    for (int i = 0; i < count && !a->identities; i++)
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
    ok = ok && see_all(a, objects, count) && nn_analytics_pass(a);
    if (ok)
        remove_gone(a);
    return nn_analytics_tell(a) && ok ? NN_OK
                                      : nn_fail(err, NN_ENOMEM, "no memory for %d objects", count);
}
