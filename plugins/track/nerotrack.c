// SPDX-License-Identifier: MIT
// nerotrack: gives the objects on the frames identities.

/**
 * SECTION:element-nerotrack
 * @title: nerotrack
 * @short_description: follows detected objects from frame to frame
 *
 * Gives each object a number that it keeps while it is in the picture, also behind other objects
 * and posts. It reads the first #NeroMeta of a buffer, or the #GstVideoRegionOfInterestMeta that
 * other detectors attached, and writes the number into both: as DL Streamer's structure "object_id"
 * into the regions, as "id" into neropublish's JSON; nerooverlay and nerosink show it and give each
 * track a colour of its own. Elements like it are gvatrack of DL Streamer, nvtracker of DeepStream
 * and ioutracker of GStreamer.
 *
 * In builds with GStreamer 1.24 or later each tracked box of a #NeroMeta is a GstAnalyticsODMtd,
 * too, with a GstAnalyticsTrackingMtd.
 *
 * On frames that were not inferred (inference-interval, async) it moves the boxes on, with their
 * masks and keypoints, and for hold-time it shows those of hidden objects. Such boxes are marked as
 * predicted. Boxes whose scores are below the detector's threshold only continue tracks; neroinfer
 * attaches them when this element follows, without any element between them seeing them.
 *
 * For drones and moving cameras camera-motion=true measures how the background shifts, turns and
 * grows, and moves all tracks with it: what stands on the ground keeps its number. Through a window
 * that jumps over vtest.avi by up to 32 pixels a frame (frames 601 to 793) IDF1 is 0.85 with it and
 * 0.20 without.
 *
 * With tracking-type=zero-term colours of the picture are compared, too. They need the frame that
 * was inferred: behind neroinfer async=true boxes alone are used.
 *
 * |[
 * gst-launch-1.0 filesrc location=vtest.avi ! decodebin ! videoconvert ! neroinfer model=street !
 *     nerotrack ! nerooverlay ! videoconvert ! autovideosink
 * ]|
 */
#include "nn/vision/tracker_kind.h"
#include "plugins/common/allocation.h"
#include "plugins/common/gate.h"
#include "plugins/common/negotiation.h"
#include "plugins/common/position.h"
#include "plugins/common/upstream.h"
#include "plugins/common/video.h"
#include "plugins/elements.h"
#include "plugins/infer/attach.h"
#include "plugins/track/tracking.h"
#include "po/translate.h"

#include <gst/base/gstbasetransform.h>

GST_DEBUG_CATEGORY_STATIC(track_debug);
#define GST_CAT_DEFAULT track_debug

enum {
    PROP_TRACKING_TYPE = 1,
    PROP_THRESHOLD,
    PROP_LOW_THRESHOLD,
    PROP_START_THRESHOLD,
    PROP_LOST_TIME,
    PROP_HOLD_TIME,
    PROP_TRACKING_PER_CLASS,
    PROP_KEEP_UNTRACKED,
    PROP_CAMERA_MOTION,
    PROP_STATS,
};

#define NERO_TYPE_TRACK (nero_track_get_type())
G_DECLARE_FINAL_TYPE(NeroTrack, nero_track, NERO, TRACK, GstBaseTransform)

struct _NeroTrack {
    GstBaseTransform base;
    NeroGate gate; // open from start() to stop()
    // Guarded by the object lock.
    NeroTrackingSettings settings;
    gboolean changed; // since they were last read
    NeroTrackingStats stats;
    // Used inside the gate only.
    GstVideoInfo info;
    NeroTracking *tracking;
    NeroUpstream upstream;
};

G_DEFINE_TYPE(NeroTrack, nero_track, GST_TYPE_BASE_TRANSFORM)
GST_ELEMENT_REGISTER_DEFINE(nerotrack, "nerotrack", GST_RANK_NONE, NERO_TYPE_TRACK)

// The table of trackers.
static GType tracking_type_get_type(void)
{
    static gsize type;
    if (g_once_init_enter(&type)) {
        g_autoptr(GArray) values = g_array_new(TRUE, TRUE, sizeof(GEnumValue));
        const nn_tracker_kind *k;
        for (int i = 0; (k = nn_tracker_kind_at(i)); i++) {
            const GEnumValue value = {i, k->about, k->name};
            g_array_append_val(values, value);
        }
        const guint bytes = (values->len + 1) * sizeof(GEnumValue);
        GEnumValue *kept = g_memdup2(values->data, bytes); // the type needs it for ever
        g_once_init_leave(&type, g_enum_register_static("NeroTrackingType", kept));
    }
    return type;
}

static void set_property(GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
    NeroTrack *self = NERO_TRACK(object);
    GST_OBJECT_LOCK(self);
    NeroTrackingSettings *s = &self->settings;
    self->changed = TRUE;
    switch (id) {
    case PROP_TRACKING_TYPE:
        s->type = g_value_get_enum(value);
        break;
    case PROP_THRESHOLD:
        s->threshold = g_value_get_float(value);
        break;
    case PROP_LOW_THRESHOLD:
        s->low_threshold = g_value_get_float(value);
        break;
    case PROP_START_THRESHOLD:
        s->start_threshold = g_value_get_float(value);
        break;
    case PROP_LOST_TIME:
        s->lost_ms = g_value_get_uint(value);
        break;
    case PROP_HOLD_TIME:
        s->hold_ms = g_value_get_uint(value);
        break;
    case PROP_TRACKING_PER_CLASS:
        s->per_class = g_value_get_boolean(value);
        break;
    case PROP_KEEP_UNTRACKED:
        s->keep_untracked = g_value_get_boolean(value);
        break;
    case PROP_CAMERA_MOTION:
        s->camera_motion = g_value_get_boolean(value);
        break;
    default:
        G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, pspec);
    }
    GST_OBJECT_UNLOCK(self);
}

static GstStructure *make_stats(const NeroTrackingStats *s)
{
    return gst_structure_new("nerotrack-stats", "frames", G_TYPE_UINT64, s->frames, "measured",
                             G_TYPE_UINT64, s->measured, "active", G_TYPE_INT, s->active, "tracks",
                             G_TYPE_INT, s->last_id, NULL);
}

static void get_property(GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
    NeroTrack *self = NERO_TRACK(object);
    GST_OBJECT_LOCK(self);
    const NeroTrackingSettings *s = &self->settings;
    switch (id) {
    case PROP_TRACKING_TYPE:
        g_value_set_enum(value, s->type);
        break;
    case PROP_THRESHOLD:
        g_value_set_float(value, s->threshold);
        break;
    case PROP_LOW_THRESHOLD:
        g_value_set_float(value, s->low_threshold);
        break;
    case PROP_START_THRESHOLD:
        g_value_set_float(value, s->start_threshold);
        break;
    case PROP_LOST_TIME:
        g_value_set_uint(value, s->lost_ms);
        break;
    case PROP_HOLD_TIME:
        g_value_set_uint(value, s->hold_ms);
        break;
    case PROP_TRACKING_PER_CLASS:
        g_value_set_boolean(value, s->per_class);
        break;
    case PROP_KEEP_UNTRACKED:
        g_value_set_boolean(value, s->keep_untracked);
        break;
    case PROP_CAMERA_MOTION:
        g_value_set_boolean(value, s->camera_motion);
        break;
    case PROP_STATS:
        g_value_take_boxed(value, make_stats(&self->stats));
        break;
    default:
        G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, pspec);
    }
    GST_OBJECT_UNLOCK(self);
}

static gboolean start(GstBaseTransform *base)
{
    NeroTrack *self = NERO_TRACK(base);
    nero_gate_shut(&self->gate);
    self->tracking = nero_tracking_new();
    self->upstream = (NeroUpstream){0};
    GST_OBJECT_LOCK(self);
    self->changed = TRUE;
    self->stats = (NeroTrackingStats){0};
    GST_OBJECT_UNLOCK(self);
    nero_gate_open(&self->gate, TRUE);
    return TRUE;
}

static gboolean stop(GstBaseTransform *base)
{
    NeroTrack *self = NERO_TRACK(base);
    nero_gate_shut(&self->gate);
    g_clear_pointer(&self->tracking, nero_tracking_free);
    return TRUE;
}

// Asks neroinfer upstream, where there is one, for boxes below its threshold, too.
static void ask_for_faint(NeroTrack *self)
{
    GstStructure *s = gst_structure_new_empty(NERO_WANTS_FAINT);
    gst_pad_push_event(self->base.sinkpad, gst_event_new_custom(GST_EVENT_CUSTOM_UPSTREAM, s));
}

static gboolean set_caps(GstBaseTransform *base, GstCaps *in, GstCaps *out)
{
    NeroTrack *self = NERO_TRACK(base);
    GstVideoInfo info;
    (void)out;
    if (!gst_video_info_from_caps(&info, in) || !nero_video_can_view(info.finfo) ||
        !nero_gate_enter(&self->gate, base->sinkpad))
        return FALSE; // nero_sink_event() posts the error
    if (info.width != self->info.width || info.height != self->info.height)
        nero_tracking_restart(self->tracking); // boxes are in pixels of another size
    self->info = info;
    nero_gate_leave(&self->gate);
    ask_for_faint(self);
    return TRUE;
}

static gboolean sink_event(GstBaseTransform *base, GstEvent *event)
{
    NeroTrack *self = NERO_TRACK(base);
    const GstEventType type = GST_EVENT_TYPE(event);
    if ((type == GST_EVENT_FLUSH_STOP || type == GST_EVENT_SEGMENT) &&
        nero_gate_try(&self->gate)) { // times start again
        nero_tracking_restart(self->tracking);
        nero_gate_leave(&self->gate);
    }
    return nero_sink_event(GST_BASE_TRANSFORM_CLASS(nero_track_parent_class), base, event,
                           nero_video_can_view, N_("read"));
}

static GstFlowReturn submit_input(GstBaseTransform *base, gboolean discont, GstBuffer *buffer)
{
    return nero_submit_input(GST_BASE_TRANSFORM_CLASS(nero_track_parent_class), base, discont,
                             buffer);
}

static void read_settings(NeroTrack *self)
{
    GST_OBJECT_LOCK(self);
    const gboolean changed = self->changed;
    const NeroTrackingSettings settings = self->settings;
    self->changed = FALSE;
    GST_OBJECT_UNLOCK(self);
    if (changed)
        nero_tracking_configure(self->tracking, &settings);
}

static GstFlowReturn track(NeroTrack *self, GstBuffer *buffer)
{
    nn_error err = {.status = NN_OK};
    read_settings(self);
    nero_upstream_need(&self->upstream, GST_ELEMENT(self), "neroinfer ! nerotrack",
                       self->base.sinkpad, buffer);
    nero_tracking_set_backwards(self->tracking, self->base.segment.rate < 0);
    const nn_status status = nero_tracking_frame(self->tracking, buffer, &self->info, &err);
    const NeroTrackingStats stats = nero_tracking_stats(self->tracking);
    GST_OBJECT_LOCK(self);
    self->stats = stats;
    GST_OBJECT_UNLOCK(self);
    GST_LOG_OBJECT(self, "%d tracks, %d in all", stats.active, stats.last_id);
    if (status == NN_OK)
        return GST_FLOW_OK;
    GST_ELEMENT_ERROR(self, RESOURCE, FAILED, (_("Tracking failed: %s"), err.text), (NULL));
    return GST_FLOW_ERROR;
}

static GstFlowReturn transform_ip(GstBaseTransform *base, GstBuffer *buffer)
{
    NeroTrack *self = NERO_TRACK(base);
    if (!nero_gate_enter(&self->gate, base->sinkpad))
        return GST_FLOW_FLUSHING;
    const GstFlowReturn ret = track(self, buffer);
    nero_gate_leave(&self->gate);
    return ret;
}

static void finalize(GObject *object)
{
    NeroTrack *self = NERO_TRACK(object);
    nero_gate_clear(&self->gate);
    G_OBJECT_CLASS(nero_track_parent_class)->finalize(object);
}

static void install_threshold(GObjectClass *object, guint id, const char *name, const char *nick,
                              const char *blurb)
{
    g_object_class_install_property(
        object, id,
        g_param_spec_float(name, nick, blurb, -1, 1, -1,
                           G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING));
}

static void install_properties(GObjectClass *object)
{
    const GParamFlags flags =
        G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING;
    gst_type_mark_as_plugin_api(tracking_type_get_type(), 0);
    g_object_class_install_property(object, PROP_TRACKING_TYPE,
                                    g_param_spec_enum("tracking-type", "Tracking type",
                                                      "What objects are recognised by",
                                                      tracking_type_get_type(), 0, flags));
    install_threshold(object, PROP_THRESHOLD, "threshold", "Threshold",
                      "Boxes with at least this score are matched first (-1 = the detector's)");
    install_threshold(object, PROP_LOW_THRESHOLD, "low-threshold", "Low threshold",
                      "Boxes with at least this score continue tracks (-1 = 0.4 x threshold)");
    install_threshold(object, PROP_START_THRESHOLD, "start-threshold", "Start threshold",
                      "Boxes with at least this score start tracks "
                      "(-1 = a third of the way from threshold to 1)");
    g_object_class_install_property(
        object, PROP_LOST_TIME,
        g_param_spec_uint("lost-time", "Lost time",
                          "How long an object that is not seen keeps its number, in milliseconds",
                          0, 600000, 5000, flags));
    g_object_class_install_property(
        object, PROP_HOLD_TIME,
        g_param_spec_uint("hold-time", "Hold time",
                          "How long a hidden object is still shown, marked as predicted, in "
                          "milliseconds",
                          0, 60000, 500, flags));
    g_object_class_install_property(object, PROP_TRACKING_PER_CLASS,
                                    g_param_spec_boolean("tracking-per-class", "Tracking per class",
                                                         "An object never changes its class", TRUE,
                                                         flags));
    g_object_class_install_property(
        object, PROP_KEEP_UNTRACKED,
        g_param_spec_boolean("keep-untracked", "Keep untracked",
                             "Keep boxes without a track, which have no number", TRUE, flags));
    g_object_class_install_property(
        object, PROP_CAMERA_MOTION,
        g_param_spec_boolean(
            "camera-motion", "Camera motion",
            "Measure how the camera moves (drones, hands, pan and zoom), and follow "
            "objects over the ground; about 2 ms a frame",
            FALSE, flags));
    g_object_class_install_property(
        object, PROP_STATS,
        g_param_spec_boxed(
            "stats", "Statistics",
            "Figures since the start: frames, measured (frames with boxes of their "
            "own), active (tracks now), tracks (in all), camera-x and camera-y (pixels that "
            "the camera's movement shifted the last frame)",
            GST_TYPE_STRUCTURE, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS));
}

static void nero_track_class_init(NeroTrackClass *klass)
{
    GObjectClass *object = G_OBJECT_CLASS(klass);
    GstElementClass *element = GST_ELEMENT_CLASS(klass);
    GstBaseTransformClass *base = GST_BASE_TRANSFORM_CLASS(klass);
    GST_DEBUG_CATEGORY_INIT(track_debug, "nerotrack", 0, "NeroScale tracking");
    object->set_property = set_property;
    object->get_property = get_property;
    object->finalize = finalize;
    install_properties(object);
    nero_video_add_pads(element, nero_video_can_view);
    gst_element_class_set_static_metadata(
        element, "NeroScale object tracker", "Filter/Analyzer/Video",
        "Gives detected objects numbers that they keep from frame to frame, and predicts boxes "
        "where none was measured",
        "NeroScale");
    base->start = GST_DEBUG_FUNCPTR(start);
    base->stop = GST_DEBUG_FUNCPTR(stop);
    base->query = GST_DEBUG_FUNCPTR(nero_base_query);
    base->set_caps = GST_DEBUG_FUNCPTR(set_caps);
    base->sink_event = GST_DEBUG_FUNCPTR(sink_event);
    base->submit_input_buffer = GST_DEBUG_FUNCPTR(submit_input);
    base->transform_ip = GST_DEBUG_FUNCPTR(transform_ip);
    base->propose_allocation = GST_DEBUG_FUNCPTR(nero_propose_allocation);
    base->transform_ip_on_passthrough = FALSE;
}

static void nero_track_init(NeroTrack *self)
{
    nero_gate_init(&self->gate);
    self->settings = (NeroTrackingSettings){.threshold = -1,
                                            .low_threshold = -1,
                                            .start_threshold = -1,
                                            .lost_ms = 5000,
                                            .hold_ms = 500,
                                            .per_class = TRUE,
                                            .keep_untracked = TRUE};
    nero_watch_caps(&self->base, nero_video_can_view, N_("read"));
    gst_base_transform_set_in_place(&self->base, TRUE);
    gst_base_transform_set_qos_enabled(&self->base, FALSE);
}
