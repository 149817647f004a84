// SPDX-License-Identifier: MIT
// Writes GstAnalyticsODMtd and GstAnalyticsTrackingMtd; in builds with gstreamer-analytics-1.0.
#include "plugins/track/tracking_mtd.h"

#include <gst/analytics/analytics.h>

enum { MOST = 4096 }; // tracks that are remembered

typedef struct Sighting {
    int id;
    GstClockTime first, last; // times with a measured box
    guint64 frame;            // the last one with it
} Sighting;

struct NeroSightings {
    GArray *list; // the latest at the end
    guint64 frames;
};

NeroSightings *nero_sightings_new(void)
{
    NeroSightings *s = g_new0(NeroSightings, 1);
    s->list = g_array_new(FALSE, FALSE, sizeof(Sighting));
    return s;
}

void nero_sightings_free(NeroSightings *s)
{
    if (!s)
        return;
    g_array_unref(s->list);
    g_free(s);
}

// The sighting of a track; a new one begins now.
static Sighting *find(NeroSightings *s, int id, GstClockTime now)
{
    for (guint i = 0; i < s->list->len; i++) {
        Sighting *old = &g_array_index(s->list, Sighting, i);
        if (old->id == id) {
            old->frame = s->frames;
            return old;
        }
    }
    if (s->list->len >= MOST)
        g_array_remove_index(s->list, 0);
    const Sighting fresh = {id, now, now, s->frames};
    g_array_append_val(s->list, fresh);
    return &g_array_index(s->list, Sighting, s->list->len - 1);
}

// Forgets tracks that were not there for long.
static void forget(NeroSightings *s)
{
    enum { EVERY = 256, KEPT = 4096 }; // frames
    if (s->frames % EVERY)
        return;
    for (guint i = s->list->len; i-- > 0;)
        if (g_array_index(s->list, Sighting, i).frame + KEPT < s->frames)
            g_array_remove_index(s->list, i);
}

static void add_box(NeroSightings *s, GstAnalyticsRelationMeta *r, const nn_box *b, GQuark label,
                    GstClockTime now)
{
    GstAnalyticsODMtd box;
    GstAnalyticsTrackingMtd track;
    const int x = (int)(b->x0 + 0.5f), y = (int)(b->y0 + 0.5f);
    const int w = (int)(b->x1 + 0.5f) - x, h = (int)(b->y1 + 0.5f) - y;
    Sighting *seen = find(s, (int)b->track_id, now);
    if (!b->predicted)
        seen->last = now;
    if (!gst_analytics_relation_meta_add_od_mtd(r, label, x, y, MAX(w, 1), MAX(h, 1), b->score,
                                                &box) ||
        !gst_analytics_relation_meta_add_tracking_mtd(r, (guint64)b->track_id, seen->first, &track))
        return;
    gst_analytics_tracking_mtd_update_last_seen(&track, seen->last);
    gst_analytics_relation_meta_set_relation(r, GST_ANALYTICS_REL_TYPE_RELATE_TO, box.id, track.id);
}

void nero_tracking_mtd_add(NeroSightings *s, GstBuffer *buffer, const NeroMeta *meta)
{
    GstAnalyticsRelationMeta *r = NULL;
    s->frames++;
    for (int i = 0; i < meta->result.count; i++) {
        const nn_box *b = &meta->result.boxes[i];
        if (b->track_id <= 0)
            continue;
        if (!r)
            r = gst_buffer_add_analytics_relation_meta(buffer);
        if (!r)
            break;
        add_box(s, r, b, nero_labels_quark(meta->labels, b->label), GST_BUFFER_PTS(buffer));
    }
    forget(s);
}
