// SPDX-License-Identifier: MIT
// "zones", "lines" and "events" of a line of JSON, and of objects "zones" and "speed_mps": what
// neroanalytics found.
#include "plugins/meta/analytics.h"
#include "plugins/publish/json.h"

static void add_count(cJSON *to, const char *key, gint64 value)
{
    cJSON_AddNumberToObject(to, key, (double)value);
}

static cJSON *add_area(cJSON *array, const nn_area *a)
{
    cJSON *entry = cJSON_CreateObject();
    cJSON_AddItemToArray(array, entry);
    cJSON_AddStringToObject(entry, "name", a->name);
    add_count(entry, "in", a->in);
    add_count(entry, "out", a->out);
    return entry;
}

static void add_zone(cJSON *array, const nn_area *a)
{
    cJSON *entry = add_area(array, a);
    add_count(entry, "occupancy", a->occupancy);
    add_count(entry, "loitering", a->loitering);
    cJSON_AddBoolToObject(entry, "overcrowded", a->crowded);
    nero_json_ms(entry, "dwell_ms", (double)a->dwell_ms);
    nero_json_ms(entry, "stay_ms", (double)a->stay_ms);
}

static void add_event(cJSON *array, const nn_report *r, const nn_event *e)
{
    const nn_area *area = &r->areas[e->area];
    cJSON *entry = cJSON_CreateObject();
    cJSON_AddItemToArray(array, entry);
    cJSON_AddStringToObject(entry, "type", e->type);
    cJSON_AddStringToObject(entry, area->line ? "line" : "zone", area->name);
    if (e->track_id > 0) {
        add_count(entry, "id", e->track_id);
        cJSON_AddStringToObject(entry, "label", e->label ? e->label : "object");
    }
    if (e->direction)
        cJSON_AddStringToObject(entry, "direction", e->direction > 0 ? "in" : "out");
    if (e->track_id > 0 && !area->line) {
        nero_json_ms(entry, "dwell_ms", (double)e->dwell_ms);
        cJSON_AddBoolToObject(entry, "lost", e->lost);
    }
    if (e->speed >= 0)
        nero_json_number(entry, "speed_mps", (double)e->speed);
    nero_json_number(entry, "x", (double)e->at.x);
    nero_json_number(entry, "y", (double)e->at.y);
    add_count(entry, "in", e->in);
    add_count(entry, "out", e->out);
    if (!area->line)
        add_count(entry, "occupancy", e->occupancy);
}

static void add(cJSON *line, const NeroJsonFrame *f)
{
    const nn_report *r = nero_analytics_report(f->buffer);
    if (!r)
        return;
    cJSON *zones = cJSON_AddArrayToObject(line, "zones");
    cJSON *lines = cJSON_AddArrayToObject(line, "lines");
    cJSON *events = cJSON_AddArrayToObject(line, "events");
    for (int i = 0; i < r->area_count; i++) {
        if (r->areas[i].line)
            add_area(lines, &r->areas[i]);
        else
            add_zone(zones, &r->areas[i]);
    }
    for (int i = 0; i < r->event_count; i++)
        add_event(events, r, &r->events[i]);
}

static void add_to_object(cJSON *entry, const NeroObject *o, guint index, const NeroJsonFrame *f)
{
    const nn_report *r = nero_analytics_report(f->buffer);
    const nn_moving *m = o->box.track_id > 0 ? nero_analytics_object(r, o->box.track_id) : NULL;
    (void)index;
    if (!m)
        return;
    if (m->speed >= 0)
        nero_json_number(entry, "speed_mps", (double)m->speed);
    if (!m->zones)
        return;
    cJSON *zones = cJSON_AddArrayToObject(entry, "zones");
    for (int i = 0; i < r->area_count; i++)
        if (m->zones >> i & 1)
            cJSON_AddItemToArray(zones, cJSON_CreateString(r->areas[i].name));
}

// A frame on which something has happened is not an empty one.
static gboolean found(const NeroJsonFrame *f)
{
    const nn_report *r = nero_analytics_report(f->buffer);
    return r && r->event_count > 0;
}

const NeroJsonPart nero_json_analytics = {
    .found = found, .add = add, .add_to_object = add_to_object};
