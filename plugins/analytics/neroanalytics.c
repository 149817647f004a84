// SPDX-License-Identifier: MIT
// neroanalytics: what tracked objects do in zones and at lines.

/**
 * SECTION:element-neroanalytics
 * @title: neroanalytics
 * @short_description: counts objects in zones and over lines
 *
 * Follows the objects of nerotrack (#NeroMeta), or of other trackers (#GstVideoRegionOfInterestMeta
 * with DL Streamer's "object_id"), through zones and over lines. An object is where the middle of
 * the lower edge of its box is (#neroanalytics:anchor).
 *
 * A zone is `NAME:x,y,x,y,...`: the corners of a polygon, or two opposite corners of a rectangle. A
 * line is `NAME:x0,y0,x1,y1`; who crosses it from the left hand to the right, as seen on the screen
 * from the first point to the second, goes "in", the others "out". A line drawn from left to right
 * counts what moves down as "in". Numbers are fractions of the frame, or pixels when one of them is
 * above 1; pixels are those of the first frame. `;` stands between several, and `:KEY=VALUE` behind
 * one sets what else it has: "inertia", "loitering-time", "max-objects" (as the properties),
 * "classes" (`person,car`: only these count) and "ground". A JSON file has the same in members:
 *
 * |[
 * {"zones": [{"name": "yard", "points": [[0.1, 0.5], [0.9, 0.5], [0.5, 1]], "max-objects": 5,
 *             "classes": ["person"], "loitering-time": 20000}],
 *  "lines": [{"name": "gate", "points": [[0, 0.6], [1, 0.6]]}],
 *  "ground": {"image": [[0.4, 0.2], [0.6, 0.2], [1, 1], [0, 1]],
 *             "metres": [[0, 20], [5, 20], [5, 0], [0, 0]]},
 *  "inertia": 3}
 * ]|
 *
 * Events are "enter", "leave", "cross", "loiter" and "overcrowd". Each is an element message
 * "analytics-event" on the bus, with "type", "zone" or "line", "id", "label", "direction", the
 * counts "in", "out" and "occupancy", "dwell-ms", "speed" (metres a second), "lost" and times;
 * neropublish writes them, and the state of all zones and lines, into its lines of JSON,
 * nerooverlay and nerosink draw them, applications read #NeroAnalyticsMeta. An element like it is
 * nvdsanalytics of DeepStream.
 *
 * What counts:
 *  - A change counts when the object was on the other side for "inertia" frames in a row. At a line
 *    it also has to be 0.15 of the smaller side of its box behind it. A box that jitters on a line
 *    is counted once.
 *  - An object whose place is predicted only (hidden, or between inferences) moves, but counts when
 *    it is measured again.
 *  - An object that is not seen for #neroanalytics:lost-time has left its zones ("lost" is true in
 *    the event), one at the edge of the frame after a second. It does not cross a line then.
 *  - An object that is first seen in a zone enters it: in - out is the number of objects in it.
 *  - Objects without identities count for the occupancy alone, while no object has one; a warning
 *    says so once.
 *  - A flush, a seek, a new segment or a time that goes back makes all objects leave, because
 *    trackers begin anew there. Counts stay until the element goes to READY.
 *  - While a stream plays backwards objects count for the occupancy alone, and there are no events:
 *    who seems to walk in has walked out.
 *  - When the size of the frames changes, zones and lines keep their parts of the picture, and
 *    objects that are not on the next frame have left.
 *  - Zones and lines that are set while the element plays take over from the next frame on; one of
 *    the same name keeps its counts. Wrong ones are a warning, and the old ones stay.
 *
 * |[
 * gst-launch-1.0 -m filesrc location=vtest.avi ! decodebin ! videoconvert !
 *     neroinfer model=street ! nerotrack ! neroanalytics lines=gate:0,0.5,1,0.5
 *     zones=yard:0.3,0.3,0.7,0.9:max-objects=5 ! nerooverlay ! videoconvert ! autovideosink
 * ]|
 */
#include "plugins/analytics/analysis.h"
#include "plugins/analytics/analytics_properties.h"
#include "plugins/analytics/event_message.h"
#include "plugins/common/adjust.h"
#include "plugins/common/allocation.h"
#include "plugins/common/gate.h"
#include "plugins/common/position.h"
#include "plugins/common/segment_time.h"
#include "plugins/common/upstream.h"
#include "plugins/elements.h"
#include "po/translate.h"

#include <gst/base/gstbasetransform.h>

GST_DEBUG_CATEGORY_STATIC(analytics_debug);
#define GST_CAT_DEFAULT analytics_debug

enum { PATIENCE = 10 }; // frames with objects without identities before the warning

static GstStaticPadTemplate sink_template =
    GST_STATIC_PAD_TEMPLATE("sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS_ANY);
static GstStaticPadTemplate src_template =
    GST_STATIC_PAD_TEMPLATE("src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS_ANY);

#define NERO_TYPE_ANALYTICS (nero_analytics_get_type())
G_DECLARE_FINAL_TYPE(NeroAnalytics, nero_analytics, NERO, ANALYTICS, GstBaseTransform)

struct _NeroAnalytics {
    GstBaseTransform base;
    NeroGate gate; // open from start() to stop()
    // Guarded by the object lock.
    NeroAnalyticsProps props;
    gboolean changed;    // since they were last read
    gboolean edited;     // by the user of a window, since then
    GstStructure *stats; // of the last frame; NULL before the first
    // Used inside the gate only.
    NeroAnalysis *analysis;
    NeroUpstream upstream;
    gboolean begun, told;
};

G_DEFINE_TYPE(NeroAnalytics, nero_analytics, GST_TYPE_BASE_TRANSFORM)
GST_ELEMENT_REGISTER_DEFINE(neroanalytics, "neroanalytics", GST_RANK_NONE, NERO_TYPE_ANALYTICS)

// --- properties ---

static void set_property(GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
    NeroAnalytics *self = NERO_ANALYTICS(object);
    GST_OBJECT_LOCK(self);
    self->changed = self->changed || id != NERO_ANALYTICS_PROP_POST_MESSAGES;
    if (!nero_analytics_props_set(&self->props, id, value))
        G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, pspec);
    GST_OBJECT_UNLOCK(self);
}

static void get_property(GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
    NeroAnalytics *self = NERO_ANALYTICS(object);
    GST_OBJECT_LOCK(self);
    if (id == NERO_ANALYTICS_PROP_STATS)
        g_value_set_boxed(value, self->stats);
    else if (!nero_analytics_props_get(&self->props, id, value))
        G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, pspec);
    GST_OBJECT_UNLOCK(self);
}

// Appends the counts of an area to the list of them in `stats`.
static void add_counts(GValue *list, const nn_area *area)
{
    GValue item = G_VALUE_INIT;
    GstStructure *s =
        gst_structure_new(area->line ? "line" : "zone", "name", G_TYPE_STRING, area->name, "in",
                          G_TYPE_INT64, area->in, "out", G_TYPE_INT64, area->out, NULL);
    if (!area->line)
        gst_structure_set(s, "occupancy", G_TYPE_INT, area->occupancy, "dwell-ms", G_TYPE_DOUBLE,
                          (double)area->dwell_ms, NULL);
    g_value_init(&item, GST_TYPE_STRUCTURE);
    g_value_take_boxed(&item, s);
    gst_value_array_append_and_take_value(list, &item);
}

static GstStructure *make_stats(const NeroAnalysis *a)
{
    const NeroAnalysisStats n = nero_analysis_stats(a);
    const nn_report *r = nero_analysis_report(a);
    GValue list = G_VALUE_INIT;
    gst_value_array_init(&list, 4);
    for (int i = 0; r && i < r->area_count; i++)
        add_counts(&list, &r->areas[i]);
    GstStructure *s = gst_structure_new("neroanalytics-stats", "frames", G_TYPE_UINT64, n.frames,
                                        "events", G_TYPE_UINT64, n.events, NULL);
    gst_structure_take_value(s, "areas", &list);
    return s;
}

static void set_stats(NeroAnalytics *self, GstStructure *stats)
{
    GST_OBJECT_LOCK(self);
    GstStructure *old = self->stats;
    self->stats = stats;
    GST_OBJECT_UNLOCK(self);
    g_clear_pointer(&old, gst_structure_free);
}

// Takes what was set since the last time; TRUE when that was nothing.
static gboolean take_settings(NeroAnalytics *self, NeroAnalysisSettings *s, char **save)
{
    GST_OBJECT_LOCK(self);
    const gboolean changed = self->changed;
    *save = self->edited ? g_strdup(self->props.save) : NULL;
    self->changed = self->edited = FALSE;
    if (changed)
        nero_analysis_settings_copy(s, &self->props.settings);
    GST_OBJECT_UNLOCK(self);
    return !changed;
}

static nn_status configure(NeroAnalytics *self, nn_error *err)
{
    NeroAnalysisSettings s;
    g_autofree char *save = NULL;
    if (take_settings(self, &s, &save))
        return NN_OK;
    const nn_status status = nero_analysis_configure(self->analysis, &s, save, err);
    nero_analysis_settings_clear(&s);
    return status;
}

// --- states ---

static gboolean begin(NeroAnalytics *self)
{
    nn_error err = {0};
    self->analysis = nero_analysis_new();
    self->upstream = (NeroUpstream){0};
    self->begun = self->told = FALSE;
    GST_OBJECT_LOCK(self);
    self->changed = TRUE;
    GST_OBJECT_UNLOCK(self);
    const nn_status status = configure(self, &err);
    set_stats(self, make_stats(self->analysis));
    if (status == NN_OK)
        return TRUE;
    if (status == NN_ENOTFOUND)
        GST_ELEMENT_ERROR(self, RESOURCE, NOT_FOUND, ("%s", err.text), (NULL));
    else
        GST_ELEMENT_ERROR(self, RESOURCE, SETTINGS, (_("Zones and lines: %s"), err.text), (NULL));
    g_clear_pointer(&self->analysis, nero_analysis_free);
    return FALSE;
}

static gboolean start(GstBaseTransform *base)
{
    NeroAnalytics *self = NERO_ANALYTICS(base);
    nero_gate_shut(&self->gate);
    const gboolean ok = begin(self);
    nero_gate_open(&self->gate, ok);
    return ok;
}

static gboolean stop(GstBaseTransform *base)
{
    NeroAnalytics *self = NERO_ANALYTICS(base);
    nero_gate_shut(&self->gate);
    g_clear_pointer(&self->analysis, nero_analysis_free);
    return TRUE;
}

// --- the stream ---

static gboolean set_caps(GstBaseTransform *base, GstCaps *in, GstCaps *out)
{
    NeroAnalytics *self = NERO_ANALYTICS(base);
    GstStructure *s = gst_caps_get_structure(in, 0);
    int width = 0, height = 0, n = 0, d = 1;
    (void)out;
    if (!nero_gate_enter(&self->gate, base->sinkpad))
        return FALSE;
    nero_upstream_reset(&self->upstream);
    if (!gst_structure_get_int(s, "width", &width) || !gst_structure_get_int(s, "height", &height))
        width = height = 0;
    gst_structure_get_fraction(s, "framerate", &n, &d);
    nero_analysis_set_video(self->analysis, width, height,
                            n > 0 ? gst_util_uint64_scale_int(GST_SECOND, d, n) : 0);
    nero_gate_leave(&self->gate);
    return TRUE;
}

static gboolean sink_event(GstBaseTransform *base, GstEvent *event)
{
    NeroAnalytics *self = NERO_ANALYTICS(base);
    const GstEventType type = GST_EVENT_TYPE(event);
    if ((type == GST_EVENT_FLUSH_STOP || type == GST_EVENT_SEGMENT) && nero_gate_try(&self->gate)) {
        if (self->begun) // trackers begin anew
            nero_analysis_restart(self->analysis);
        nero_gate_leave(&self->gate);
    }
    return GST_BASE_TRANSFORM_CLASS(nero_analytics_parent_class)->sink_event(base, event);
}

// Keeps a change by the user of a window; the next frame takes it over. One that cannot be applied
// is refused at once: kept, it would spoil all that follow.
static gboolean edit(NeroAnalytics *self, const char *change)
{
    nn_error err = {0};
    GST_OBJECT_LOCK(self);
    const gboolean ok = nero_analysis_settings_edit(&self->props.settings, change, &err) == NN_OK;
    if (ok)
        self->changed = self->edited = TRUE;
    GST_OBJECT_UNLOCK(self);
    if (!ok)
        GST_ELEMENT_WARNING(self, RESOURCE, SETTINGS,
                            (_("Zones and lines stay as they were: %s"), err.text), (NULL));
    return ok;
}

static gboolean src_event(GstBaseTransform *base, GstEvent *event)
{
    const char *change;
    if (nero_adjust_is_area(event, &change)) {
        const gboolean ok = edit(NERO_ANALYTICS(base), change);
        gst_event_unref(event);
        return ok;
    }
    return GST_BASE_TRANSFORM_CLASS(nero_analytics_parent_class)->src_event(base, event);
}

static GstFlowReturn submit_input(GstBaseTransform *base, gboolean discont, GstBuffer *buffer)
{
    NeroAnalytics *self = NERO_ANALYTICS(base);
    if (nero_gate_enter(&self->gate, base->sinkpad)) {
        buffer = nero_upstream_look(&self->upstream, GST_ELEMENT(self), base->sinkpad, buffer);
        nero_gate_leave(&self->gate);
    }
    return GST_BASE_TRANSFORM_CLASS(nero_analytics_parent_class)
        ->submit_input_buffer(base, discont, buffer);
}

static void post_events(NeroAnalytics *self, GstBuffer *buffer)
{
    const nn_report *r = nero_analysis_report(self->analysis);
    const GstSegment *segment = &self->base.segment;
    const GstClockTime pts = GST_BUFFER_PTS(buffer);
    const NeroAnalysisStats n = nero_analysis_stats(self->analysis);
    GST_OBJECT_LOCK(self);
    const gboolean post = self->props.post_messages;
    GST_OBJECT_UNLOCK(self);
    for (int i = 0; r && post && i < r->event_count; i++) {
        GstStructure *s = nero_event_structure(r, &r->events[i]);
        gst_structure_set(s, "frame", G_TYPE_UINT64, n.frames, "timestamp", G_TYPE_UINT64, pts,
                          "stream-time", G_TYPE_UINT64, nero_stream_time(segment, pts),
                          "running-time", G_TYPE_UINT64, nero_running_time(segment, pts),
                          "duration", G_TYPE_UINT64, GST_BUFFER_DURATION(buffer), NULL);
        GST_DEBUG_OBJECT(self, "%" GST_PTR_FORMAT, s);
        gst_element_post_message(GST_ELEMENT(self), gst_message_new_element(GST_OBJECT(self), s));
    }
}

static void warn_anonymous(NeroAnalytics *self)
{
    if (self->told || nero_analysis_stats(self->analysis).anonymous < PATIENCE)
        return;
    self->told = TRUE;
    GST_ELEMENT_WARNING(self, STREAM, FORMAT,
                        (_("The objects have no identities, so only the occupancy of zones is "
                           "known: put nerotrack before neroanalytics")),
                        (NULL));
}

static void warn_unknown(NeroAnalytics *self, GstBuffer *buffer)
{
    g_autofree char *name = nero_analysis_unknown_class(self->analysis, buffer);
    if (name)
        GST_ELEMENT_WARNING(
            self, RESOURCE, SETTINGS,
            (_("A zone or line counts the class '%s', which no model here finds"), name), (NULL));
}

static void warn_outside(NeroAnalytics *self)
{
    const nn_area *area = nero_analysis_outside(self->analysis);
    if (area)
        GST_ELEMENT_WARNING(self, RESOURCE, SETTINGS,
                            (area->line ? _("The line '%s' lies outside of the frame")
                                        : _("The zone '%s' lies outside of the frame"),
                             area->name),
                            ("numbers over 1 are pixels"));
}

static GstFlowReturn analyse(NeroAnalytics *self, GstBuffer *buffer)
{
    nn_error err = {0};
    self->begun = TRUE;
    nero_upstream_need(&self->upstream, GST_ELEMENT(self), "neroinfer ! nerotrack ! neroanalytics",
                       self->base.sinkpad, buffer);
    if (configure(self, &err) != NN_OK)
        GST_ELEMENT_WARNING(self, RESOURCE, SETTINGS,
                            (_("Zones and lines stay as they were: %s"), err.text), (NULL));
    nero_analysis_set_backwards(self->analysis, self->base.segment.rate < 0);
    if (nero_analysis_frame(self->analysis, buffer, &err) != NN_OK) {
        GST_ELEMENT_ERROR(self, RESOURCE, FAILED, (_("Analytics failed: %s"), err.text), (NULL));
        return GST_FLOW_ERROR;
    }
    set_stats(self, make_stats(self->analysis));
    warn_anonymous(self);
    warn_unknown(self, buffer);
    warn_outside(self);
    post_events(self, buffer);
    return GST_FLOW_OK;
}

static GstFlowReturn transform_ip(GstBaseTransform *base, GstBuffer *buffer)
{
    NeroAnalytics *self = NERO_ANALYTICS(base);
    if (!nero_gate_enter(&self->gate, base->sinkpad))
        return GST_FLOW_FLUSHING;
    const GstFlowReturn ret = analyse(self, buffer);
    nero_gate_leave(&self->gate);
    return ret;
}

// --- the class ---

static void finalize(GObject *object)
{
    NeroAnalytics *self = NERO_ANALYTICS(object);
    nero_gate_clear(&self->gate);
    nero_analytics_props_clear(&self->props);
    g_clear_pointer(&self->stats, gst_structure_free);
    G_OBJECT_CLASS(nero_analytics_parent_class)->finalize(object);
}

static void nero_analytics_class_init(NeroAnalyticsClass *klass)
{
    GObjectClass *object = G_OBJECT_CLASS(klass);
    GstElementClass *element = GST_ELEMENT_CLASS(klass);
    GstBaseTransformClass *base = GST_BASE_TRANSFORM_CLASS(klass);
    GST_DEBUG_CATEGORY_INIT(analytics_debug, "neroanalytics", 0, "NeroScale zones and lines");
    object->set_property = set_property;
    object->get_property = get_property;
    object->finalize = finalize;
    nero_analytics_props_install(object);
    gst_element_class_add_static_pad_template(element, &sink_template);
    gst_element_class_add_static_pad_template(element, &src_template);
    gst_element_class_set_static_metadata(
        element, "NeroScale zones and lines", "Filter/Analyzer/Video",
        "Counts tracked objects in zones and over lines, and posts events when they enter, leave, "
        "cross, loiter or are too many",
        "NeroScale");
    base->start = GST_DEBUG_FUNCPTR(start);
    base->stop = GST_DEBUG_FUNCPTR(stop);
    base->query = GST_DEBUG_FUNCPTR(nero_base_query);
    base->set_caps = GST_DEBUG_FUNCPTR(set_caps);
    base->sink_event = GST_DEBUG_FUNCPTR(sink_event);
    base->src_event = GST_DEBUG_FUNCPTR(src_event);
    base->submit_input_buffer = GST_DEBUG_FUNCPTR(submit_input);
    base->transform_ip = GST_DEBUG_FUNCPTR(transform_ip);
    base->propose_allocation = GST_DEBUG_FUNCPTR(nero_propose_allocation);
    base->transform_ip_on_passthrough = FALSE;
}

static void nero_analytics_init(NeroAnalytics *self)
{
    nero_gate_init(&self->gate);
    nero_analytics_props_init(&self->props);
    gst_base_transform_set_in_place(&self->base, TRUE);
    gst_base_transform_set_qos_enabled(&self->base, FALSE);
}
