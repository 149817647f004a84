// SPDX-License-Identifier: MIT
// Turns messages of neroanalytics into structs.
#include "pipeline/area_events.h"

#include <string.h>

static int64_t whole(const GstStructure *s, const char *key)
{
    gint64 v = 0;
    gst_structure_get_int64(s, key, &v);
    return v;
}

static double number(const GstStructure *s, const char *key, double none)
{
    gst_structure_get_double(s, key, &none);
    return none;
}

static double seconds_of(const GstStructure *s)
{
    guint64 time = GST_CLOCK_TIME_NONE;
    gst_structure_get_uint64(s, "stream-time", &time);
    if (!GST_CLOCK_TIME_IS_VALID(time))
        gst_structure_get_uint64(s, "timestamp", &time);
    return GST_CLOCK_TIME_IS_VALID(time) ? (double)time / GST_SECOND : -1;
}

static vp_event read_event(const GstStructure *s)
{
    const char *way = gst_structure_get_string(s, "direction");
    guint64 frame = 0;
    gboolean lost = FALSE;
    vp_event e = {.type = gst_structure_get_string(s, "type"),
                  .zone = gst_structure_get_string(s, "zone"),
                  .line = gst_structure_get_string(s, "line"),
                  .label = gst_structure_get_string(s, "label"),
                  .seconds = seconds_of(s),
                  .direction = !way                     ? 0
                               : strcmp(way, "in") == 0 ? 1
                                                        : -1,
                  .in = whole(s, "in"),
                  .out = whole(s, "out"),
                  .dwell_ms = number(s, "dwell-ms", -1),
                  .speed = number(s, "speed", -1)};
    gst_structure_get_uint64(s, "frame", &frame);
    gst_structure_get_int(s, "occupancy", &e.occupancy);
    gst_structure_get_int(s, "id", &e.id);
    gst_structure_get_boolean(s, "lost", &lost);
    e.frame = (int64_t)frame;
    e.lost = lost;
    return e;
}

bool vp_area_events_handle(vp_pipeline *p, GstMessage *message)
{
    if (!gst_message_has_name(message, "analytics-event"))
        return false;
    const vp_event e = read_event(gst_message_get_structure(message));
    if (p->on_event && e.type && (e.zone || e.line))
        p->on_event(p->user, &e);
    return true;
}

void vp_area_events_totals(vp_pipeline *p)
{
    g_autoptr(GstElement) analytics = gst_bin_get_by_name(GST_BIN(p->pipeline), "analytics");
    g_autoptr(GstStructure) stats = NULL;
    if (!analytics || !p->on_event)
        return;
    g_object_get(analytics, "stats", &stats, NULL);
    const GValue *areas = stats ? gst_structure_get_value(stats, "areas") : NULL;
    for (guint i = 0; areas && i < gst_value_array_get_size(areas); i++) {
        const GstStructure *s = gst_value_get_structure(gst_value_array_get_value(areas, i));
        const char *name = gst_structure_get_string(s, "name");
        const bool line = gst_structure_has_name(s, "line");
        vp_event e = {.zone = line ? NULL : name,
                      .line = line ? name : NULL,
                      .in = whole(s, "in"),
                      .out = whole(s, "out"),
                      .dwell_ms = number(s, "dwell-ms", -1),
                      .speed = -1};
        gst_structure_get_int(s, "occupancy", &e.occupancy);
        p->on_event(p->user, &e);
    }
}
