// SPDX-License-Identifier: MIT
// Turns events into structures.
#include "plugins/analytics/event_message.h"

GstStructure *nero_event_structure(const nn_report *r, const nn_event *e)
{
    const nn_area *area = &r->areas[e->area];
    GstStructure *s = gst_structure_new(
        "analytics-event", "type", G_TYPE_STRING, e->type, area->line ? "line" : "zone",
        G_TYPE_STRING, area->name, "in", G_TYPE_INT64, e->in, "out", G_TYPE_INT64, e->out, "x",
        G_TYPE_DOUBLE, (double)e->at.x, "y", G_TYPE_DOUBLE, (double)e->at.y, NULL);
    if (!area->line)
        gst_structure_set(s, "occupancy", G_TYPE_INT, e->occupancy, NULL);
    if (e->track_id > 0) {
        g_autofree char *label = g_utf8_make_valid(e->label ? e->label : "object", -1);
        gst_structure_set(s, "id", G_TYPE_INT, (gint)e->track_id, "label", G_TYPE_STRING, label,
                          NULL);
        if (!area->line)
            gst_structure_set(s, "dwell-ms", G_TYPE_DOUBLE, (double)e->dwell_ms, "lost",
                              G_TYPE_BOOLEAN, (gboolean)e->lost, NULL);
    }
    if (e->direction)
        gst_structure_set(s, "direction", G_TYPE_STRING, e->direction > 0 ? "in" : "out", NULL);
    if (e->speed >= 0)
        gst_structure_set(s, "speed", G_TYPE_DOUBLE, (double)e->speed, NULL);
    return s;
}
