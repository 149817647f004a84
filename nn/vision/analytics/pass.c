// SPDX-License-Identifier: MIT
// Follows objects through all zones and over all lines, and asks the rules what has happened.
#include "nn/vision/analytics/internal.h"

#include "nn/base/memory.h"

#include <math.h>

#define SLACK 0.15f // of the smaller side of a box: how far behind a line an object has to be

// --- events ---

static bool add_event(nn_analytics *a, int k, const nn_rule *rule, const nn_sight *s,
                      const nn_tracked *o, nn_point at)
{
    nn_report *r = &a->report;
    if (a->silent)
        return true;
    if (r->event_count == a->event_capacity) {
        const int more = a->event_capacity ? 2 * a->event_capacity : 16;
        nn_event *events = nn_realloc(r->events, (size_t)a->event_capacity * sizeof *events,
                                      (size_t)more * sizeof *events);
        if (!events)
            return false;
        r->events = events;
        a->event_capacity = more;
    }
    nn_counted *area = &a->areas[k];
    area->last = a->now;
    area->report.event_count++;
    r->events[r->event_count++] = (nn_event){.type = rule->name,
                                             .area = k,
                                             .track_id = o ? o->id : 0,
                                             .label = o ? o->label : NULL,
                                             .direction = s->crossed,
                                             .lost = s->lost,
                                             .at = at,
                                             .dwell_ms = o ? (float)s->stay_ms : 0,
                                             .speed = o ? o->speed : -1,
                                             .in = area->report.in,
                                             .out = area->report.out,
                                             .occupancy = area->report.occupancy};
    return true;
}

// Asks the rules for objects; an event is when a condition begins to hold.
static bool ask(nn_analytics *a, int k, nn_visit *v, const nn_sight *s, const nn_tracked *o)
{
    const nn_rule *rule;
    for (int i = 0; (rule = nn_rule_at(i)); i++) {
        const uint32_t bit = (uint32_t)1 << i;
        if (rule->whole_area || !(s->area->line ? rule->lines : rule->zones))
            continue;
        const bool held = v->holds & bit, holds = rule->holds(s, a->areas[k].setting[i + 1]);
        v->holds = holds ? v->holds | bit : v->holds & ~bit;
        if (holds && !held && !add_event(a, k, rule, s, o, o->at))
            return false;
    }
    return true;
}

static void leave_zone(nn_counted *r, nn_sight *s, const nn_visit *v, double when)
{
    s->left = true;
    s->stay_ms = fmax(when - v->entered, 0);
    r->dwell += s->stay_ms;
    r->report.out++;
    r->report.occupancy--;
}

static void pass_zone(nn_analytics *a, int k, nn_visit *v, const nn_tracked *o, nn_sight *s)
{
    nn_counted *r = &a->areas[k];
    int change = 0;
    if (o->gone && v->inside) {
        s->lost = v->streak == 0; // else it was seen outside, only not for long enough
        v->inside = false;
        leave_zone(r, s, v, s->lost ? o->seen : v->since);
        return;
    }
    if (o->here && (v->inside || nn_counted_takes(r, o->label))) {
        const nn_place p = {.time = a->now, .measured = o->measured};
        change = nn_visit_zone(v, o->within >> k & 1, &p, (int)r->setting[0]);
    }
    if (change < 0) {
        leave_zone(r, s, v, v->since);
    } else if (change > 0) {
        s->entered = true;
        r->report.in++;
        r->report.occupancy++;
    }
    s->inside = v->inside;
    if (v->inside)
        s->stay_ms = o->seen - v->entered;
}

static void pass_line(const nn_analytics *a, nn_counted *r, nn_visit *v, const nn_tracked *o,
                      nn_sight *s)
{
    const float w = (float)a->width, h = (float)a->height;
    const nn_point *ends = r->shape.point;
    const nn_place p = {.at = {o->at.x * w, o->at.y * h},
                        .slack = SLACK * o->size,
                        .time = a->now,
                        .measured = o->measured};
    if (!o->here || !nn_counted_takes(r, o->label))
        return;
    s->crossed = nn_visit_line(v, (nn_point){ends[0].x * w, ends[0].y * h},
                               (nn_point){ends[1].x * w, ends[1].y * h}, &p, (int)r->setting[0]);
    r->report.in += s->crossed > 0;
    r->report.out += s->crossed < 0;
}

static bool pass(nn_analytics *a, int k, int i)
{
    nn_counted *r = &a->areas[k];
    nn_tracked *o = &a->objects[i];
    nn_visit *v = nn_visit_at(a, i, k);
    const nn_moving moving = {.track_id = o->id, .speed = o->speed};
    nn_sight s = {.object = &moving, .area = &r->report};
    if (r->config.line)
        pass_line(a, r, v, o, &s);
    else
        pass_zone(a, k, v, o, &s);
    return ask(a, k, v, &s, o);
}

// Asks the rules for whole areas. They change their opinion after `inertia` frames.
static bool ask_area(nn_analytics *a, int k)
{
    nn_counted *r = &a->areas[k];
    const nn_sight s = {.area = &r->report};
    const nn_rule *rule;
    nn_point middle = {0, 0};
    for (int i = 0; i < r->shape.count; i++) {
        middle.x += r->shape.point[i].x / (float)r->shape.count;
        middle.y += r->shape.point[i].y / (float)r->shape.count;
    }
    for (int i = 0; (rule = nn_rule_at(i)); i++) {
        const uint32_t bit = (uint32_t)1 << i;
        if (!rule->whole_area || !(r->config.line ? rule->lines : rule->zones))
            continue;
        const bool holds = rule->holds(&s, r->setting[i + 1]);
        r->streak[i] = holds == !!(r->holds & bit) ? 0 : r->streak[i] + 1;
        if (r->streak[i] < (int)r->setting[0])
            continue;
        r->streak[i] = 0;
        r->holds ^= bit;
        if (holds && !add_event(a, k, rule, &s, NULL, middle))
            return false;
    }
    return true;
}

// One look at everything: objects that are here, and those that are gone.
bool nn_analytics_pass(nn_analytics *a)
{
    for (int k = 0; k < a->area_count; k++) {
        nn_counted *r = &a->areas[k];
        r->report.occupancy += r->anonymous;
        bool ok = true;
        for (int i = 0; i < a->count && ok; i++)
            ok = pass(a, k, i);
        ok = ok && ask_area(a, k);
        r->report.occupancy -= r->anonymous;
        if (!ok)
            return false;
    }
    return true;
}

// --- the report ---

static void tell(nn_analytics *a, int k)
{
    nn_counted *r = &a->areas[k];
    const nn_rule *rule;
    double entered = a->now;
    nn_area *out = &a->report.areas[k];
    *out = r->report;
    out->occupancy += r->anonymous;
    out->dwell_ms = r->report.out > 0 ? (float)(r->dwell / (double)r->report.out) : 0;
    out->since_ms = r->last >= 0 ? (float)(a->now - r->last) : -1;
    int holding[NN_SETTINGS] = {0};
    for (int i = 0; i < a->count; i++) {
        const nn_visit *v = nn_visit_at(a, i, k);
        if (v->inside && v->entered < entered)
            entered = v->entered;
        for (uint32_t bits = v->holds; bits; bits &= bits - 1)
            holding[__builtin_ctz(bits)]++;
    }
    out->stay_ms = (float)(a->now - entered);
    for (int i = 0; (rule = nn_rule_at(i)); i++) {
        holding[i] += (int)(r->holds >> i & 1);
        if (rule->tell)
            rule->tell(out, holding[i]);
    }
}

static bool tell_objects(nn_analytics *a)
{
    nn_report *r = &a->report;
    if (a->object_capacity < a->count) {
        nn_moving *objects = nn_realloc(r->objects, 0, (size_t)a->capacity * sizeof *objects);
        if (!objects)
            return false;
        r->objects = objects;
        a->object_capacity = a->capacity;
    }
    r->object_count = a->count;
    for (int i = 0; i < a->count; i++)
        r->objects[i] = (nn_moving){.track_id = a->ids[i], .speed = a->objects[i].speed};
    for (int k = 0; k < a->area_count; k++)
        for (int i = 0; i < a->count; i++)
            r->objects[i].zones |= (uint64_t)nn_visit_at(a, i, k)->inside << k;
    int here = 0;
    for (int i = 0; i < a->count; i++)
        if (a->objects[i].here)
            r->objects[here++] = r->objects[i];
    r->object_count = here;
    return true;
}

bool nn_analytics_tell(nn_analytics *a)
{
    for (int k = 0; k < a->area_count; k++)
        tell(a, k);
    return tell_objects(a);
}
