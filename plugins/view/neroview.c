// SPDX-License-Identifier: MIT
// neroview: shows on a second pad what a network sees in the video.

/**
 * SECTION:element-neroview
 * @title: neroview
 * @short_description: shows what a network sees, on a pad beside the video
 *
 * The video passes from sink to src untouched. The request pad "view" gives pictures of what a
 * network sees in it: where in the frame the score of a class or of an object comes from, or what
 * the values of a layer come from. A thread of the lowest priority makes them at its own rate, one
 * frame after the other: while it is busy frames go by, and none is queued or held back. A view has
 * the timestamp of the frame that it shows. The pad costs nothing while it is not linked.
 *
 * The network is the one that the neroinfer before this element runs, or another model. With
 * target-object it explains an object that nerotrack has numbered, with target-point what is there.
 * All properties may be changed at any time; a model, layer or class that cannot be used gives a
 * warning, and the old one stays.
 *
 * Views come after their frames. They add no latency to the pipeline, so a sink behind the pad
 * should have sync=false. In the window of nerosink key v shows such a view beside the video.
 *
 * |[
 * gst-launch-1.0 filesrc location=vtest.avi ! decodebin ! videoconvert ! neroinfer model=street !
 *     neroview name=v method=gradcam target-class=person ! nerosink v.view ! queue !
 *     videoconvert ! autovideosink sync=false
 * ]|
 */
#include "plugins/common/allocation.h"
#include "plugins/common/gate.h"
#include "plugins/common/model_query.h"
#include "plugins/common/negotiation.h"
#include "plugins/common/objects.h"
#include "plugins/common/position.h"
#include "plugins/common/video.h"
#include "plugins/elements.h"
#include "plugins/view/view_pad.h"
#include "plugins/view/view_settings.h"
#include "plugins/view/viewer.h"
#include "po/translate.h"

#include <gst/base/gstbasetransform.h>

GST_DEBUG_CATEGORY_STATIC(view_debug);
#define GST_CAT_DEFAULT view_debug

// Figures since the start, and of the last view.
typedef struct Stats {
    guint64 frames, views;
    double last_ms, sum_ms, score;
    GstClockTime pts;
    char method[NERO_VIEW_WORD], layer[NERO_VIEW_WORD], target[NERO_VIEW_WORD];
} Stats;

typedef struct NeroViewElement {
    GstBaseTransform base;
    NeroGate gate; // open from start() to stop()
    NeroViewPad *out;
    // Guarded by the object lock.
    NeroViewSettings settings;
    gboolean changed; // since they were last read
    NeroViewClock clock;
    Stats stats;
    // Used inside the gate only.
    NeroViewer *viewer;
    GArray *objects;
    // Written by the streaming thread while the worker has no frame, read by the worker.
    NeroViewClock job_clock;
    GstVideoInfo job_info;
    GstVideoInfo info; // inside the gate
} NeroViewElement;

typedef struct NeroViewElementClass {
    GstBaseTransformClass parent_class;
} NeroViewElementClass;

GType nero_view_element_get_type(void);
G_DEFINE_TYPE(NeroViewElement, nero_view_element, GST_TYPE_BASE_TRANSFORM)
GST_ELEMENT_REGISTER_DEFINE(neroview, "neroview", GST_RANK_NONE, nero_view_element_get_type())
#define NERO_VIEW_ELEMENT(o) ((NeroViewElement *)(o))

// --- the worker ---

static NeroViewClock read_clock(NeroViewElement *self)
{
    GST_OBJECT_LOCK(self);
    const NeroViewClock clock = self->clock;
    GST_OBJECT_UNLOCK(self);
    return clock;
}

static gboolean prepare(NeroViewChoice *choice, gpointer data)
{
    NeroViewElement *self = data;
    if (!nero_view_pad_negotiate(self->out, &self->job_info, choice))
        return FALSE;
    nero_view_pad_begin(self->out, &self->job_clock);
    return TRUE;
}

static void count_view(NeroViewElement *self, const NeroInnerView *view)
{
    GST_OBJECT_LOCK(self);
    Stats *s = &self->stats;
    s->views++;
    s->last_ms = view->ms;
    s->sum_ms += view->ms;
    s->score = (double)view->score;
    s->pts = view->pts;
    g_strlcpy(s->method, view->method, sizeof s->method);
    g_strlcpy(s->layer, view->layer, sizeof s->layer);
    g_strlcpy(s->target, view->target, sizeof s->target);
    GST_OBJECT_UNLOCK(self);
}

static void give_view(NeroInnerView *view, gpointer data)
{
    NeroViewElement *self = data;
    GST_DEBUG_OBJECT(self, "%s of %s, layer %s: %.1f ms", view->method, view->target, view->layer,
                     view->ms);
    count_view(self, view);
    nero_view_pad_push(self->out, view, &self->job_clock);
}

static void tell_refusal(const char *text, gpointer data)
{
    GST_ELEMENT_WARNING(data, RESOURCE, SETTINGS, ("%s", text), (NULL));
}

static void tell_gap(gpointer data)
{
    NeroViewElement *self = data;
    const NeroViewClock clock = read_clock(self);
    nero_view_pad_gap(self->out, &clock);
}

static void tell_end(gpointer data)
{
    NeroViewElement *self = data;
    const NeroViewClock clock = read_clock(self);
    nero_view_pad_end(self->out, &clock);
}

static const NeroViewerCalls calls = {.prepare = prepare,
                                      .ready = give_view,
                                      .refused = tell_refusal,
                                      .idle = tell_gap,
                                      .ended = tell_end};

// --- the stream ---

// The object that the settings name, where the frame has it.
static void find_target(NeroViewElement *self, GstBuffer *buffer, NeroViewTarget *target)
{
    GST_OBJECT_LOCK(self);
    const int object = self->settings.object;
    target->has_point = self->settings.has_point;
    target->x = (float)(self->settings.x * self->info.width);
    target->y = (float)(self->settings.y * self->info.height);
    GST_OBJECT_UNLOCK(self);
    const guint n = object > 0 ? nero_objects_read(buffer, self->objects) : 0;
    for (guint i = 0; i < n && !target->has_box; i++) {
        const nn_box *b = &g_array_index(self->objects, NeroObject, i).box;
        target->has_box = b->track_id == object;
        target->box = *b;
    }
}

static void read_settings(NeroViewElement *self)
{
    GST_OBJECT_LOCK(self);
    const gboolean changed = self->changed;
    NeroViewChoice choice =
        changed ? nero_view_choice_copy(&self->settings.choice) : (NeroViewChoice){0};
    self->changed = FALSE;
    GST_OBJECT_UNLOCK(self);
    if (changed)
        nero_viewer_choose(self->viewer, &choice);
    nero_view_choice_release(&choice);
}

// Whether the worker took the frame.
static gboolean offer(NeroViewElement *self, GstBuffer *buffer)
{
    GstVideoFrame frame;
    NeroViewTarget target = {0};
    if (!gst_video_frame_map(&frame, &self->info, buffer, GST_MAP_READ))
        return FALSE; // whoever shows it says so
    const GstVideoRectangle area = nero_video_area(&frame, &self->info);
    g_autofree char *model = nero_model_query(self->base.sinkpad);
    target.model = model;
    find_target(self, buffer, &target);
    self->job_clock = read_clock(self);
    self->job_info = self->info;
    const gboolean taken = nero_viewer_offer(self->viewer, &frame, &area, &target, buffer);
    gst_video_frame_unmap(&frame);
    return taken;
}

static void count_frame(NeroViewElement *self, GstClockTime passed, gboolean is_new)
{
    GST_OBJECT_LOCK(self);
    self->stats.frames += is_new;
    self->clock.passed = passed;
    GST_OBJECT_UNLOCK(self);
}

static void show(NeroViewElement *self, GstBuffer *buffer)
{
    const GstClockTime pts = GST_BUFFER_PTS(buffer), duration = GST_BUFFER_DURATION(buffer);
    count_frame(self, pts, TRUE);
    read_settings(self);
    if (!nero_view_pad_is_wanted(self->out))
        return;
    if (nero_viewer_is_free(self->viewer) && offer(self, buffer))
        return; // its view will come
    if (GST_CLOCK_TIME_IS_VALID(pts) && GST_CLOCK_TIME_IS_VALID(duration))
        count_frame(self, pts + duration, FALSE);
    nero_viewer_pass(self->viewer);
}

static GstFlowReturn transform_ip(GstBaseTransform *base, GstBuffer *buffer)
{
    NeroViewElement *self = NERO_VIEW_ELEMENT(base);
    if (!nero_gate_enter(&self->gate, base->sinkpad))
        return GST_FLOW_FLUSHING;
    show(self, buffer);
    nero_gate_leave(&self->gate);
    return GST_FLOW_OK;
}

static gboolean set_caps(GstBaseTransform *base, GstCaps *in, GstCaps *out)
{
    NeroViewElement *self = NERO_VIEW_ELEMENT(base);
    GstVideoInfo info;
    (void)out;
    if (!gst_video_info_from_caps(&info, in) || !nero_video_can_view(info.finfo) ||
        !nero_gate_enter(&self->gate, base->sinkpad))
        return FALSE; // nero_sink_event() posts the error
    self->info = info;
    nero_gate_leave(&self->gate);
    return TRUE;
}

// Times start again; returns the new serial.
static guint take_segment(NeroViewElement *self, const GstSegment *segment)
{
    GST_OBJECT_LOCK(self);
    if (segment)
        self->clock.segment = *segment;
    const guint serial = ++self->clock.serial;
    self->clock.passed = GST_CLOCK_TIME_NONE;
    GST_OBJECT_UNLOCK(self);
    return serial;
}

static void flush_stop(NeroViewElement *self, GstEvent *event)
{
    gboolean reset_time;
    gst_event_parse_flush_stop(event, &reset_time);
    if (nero_gate_try(&self->gate)) {
        nero_viewer_forget(self->viewer);
        nero_gate_leave(&self->gate);
    }
    nero_view_pad_flush_stop(self->out, reset_time, take_segment(self, NULL));
}

static void hear_event(NeroViewElement *self, GstEvent *event)
{
    const GstSegment *segment;
    switch (GST_EVENT_TYPE(event)) {
    case GST_EVENT_FLUSH_START:
        nero_view_pad_flush_start(self->out);
        break;
    case GST_EVENT_FLUSH_STOP:
        flush_stop(self, event);
        break;
    case GST_EVENT_SEGMENT:
        gst_event_parse_segment(event, &segment);
        take_segment(self, segment);
        break;
    case GST_EVENT_EOS:
        if (nero_gate_try(&self->gate)) {
            nero_viewer_finish(self->viewer);
            nero_gate_leave(&self->gate);
        }
        break;
    default:
        break;
    }
}

static gboolean sink_event(GstBaseTransform *base, GstEvent *event)
{
    hear_event(NERO_VIEW_ELEMENT(base), event);
    return nero_sink_event(GST_BASE_TRANSFORM_CLASS(nero_view_element_parent_class), base, event,
                           nero_video_can_view, N_("read"));
}

static GstFlowReturn submit_input(GstBaseTransform *base, gboolean discont, GstBuffer *buffer)
{
    return nero_submit_input(GST_BASE_TRANSFORM_CLASS(nero_view_element_parent_class), base,
                             discont, buffer);
}

// --- states ---

static gboolean start(GstBaseTransform *base)
{
    NeroViewElement *self = NERO_VIEW_ELEMENT(base);
    nero_gate_shut(&self->gate);
    nero_view_pad_restart(self->out);
    self->viewer = nero_viewer_new(&calls, self);
    self->objects = g_array_new(FALSE, FALSE, sizeof(NeroObject));
    GST_OBJECT_LOCK(self);
    self->changed = TRUE;
    self->stats = (Stats){.pts = GST_CLOCK_TIME_NONE};
    self->clock = (NeroViewClock){.passed = GST_CLOCK_TIME_NONE};
    GST_OBJECT_UNLOCK(self);
    nero_gate_open(&self->gate, TRUE);
    return TRUE;
}

static gboolean stop(GstBaseTransform *base)
{
    NeroViewElement *self = NERO_VIEW_ELEMENT(base);
    nero_view_pad_stop(self->out);
    nero_gate_shut(&self->gate);
    g_clear_pointer(&self->viewer, nero_viewer_free);
    g_clear_pointer(&self->objects, g_array_unref);
    return TRUE;
}

static GstPad *request_new_pad(GstElement *element, GstPadTemplate *template, const gchar *name,
                               const GstCaps *caps)
{
    NeroViewElement *self = NERO_VIEW_ELEMENT(element);
    (void)name;
    (void)caps;
    GST_OBJECT_LOCK(self);
    self->changed = TRUE; // the next frame is looked into, whatever max-rate says
    GST_OBJECT_UNLOCK(self);
    return nero_view_pad_request(self->out, template);
}

static void release_pad(GstElement *element, GstPad *pad)
{
    nero_view_pad_release(NERO_VIEW_ELEMENT(element)->out, pad);
}

// --- properties ---

static GstStructure *make_stats(const Stats *s)
{
    return gst_structure_new(
        "neroview-stats", "frames", G_TYPE_UINT64, s->frames, "views", G_TYPE_UINT64, s->views,
        "view-ms-last", G_TYPE_DOUBLE, s->last_ms, "view-ms-average", G_TYPE_DOUBLE,
        s->views ? s->sum_ms / (double)s->views : 0.0, "method", G_TYPE_STRING, s->method, "layer",
        G_TYPE_STRING, s->layer, "target", G_TYPE_STRING, s->target, "score", G_TYPE_DOUBLE,
        s->score, "timestamp", G_TYPE_UINT64, s->pts, NULL);
}

static void set_property(GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
    NeroViewElement *self = NERO_VIEW_ELEMENT(object);
    GST_OBJECT_LOCK(self);
    const gboolean known = nero_view_settings_set(&self->settings, id, value);
    self->changed = TRUE;
    GST_OBJECT_UNLOCK(self);
    if (!known)
        G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, pspec);
}

static void get_property(GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
    NeroViewElement *self = NERO_VIEW_ELEMENT(object);
    GST_OBJECT_LOCK(self);
    const gboolean stats = id == NERO_VIEW_PROP_STATS;
    if (stats)
        g_value_take_boxed(value, make_stats(&self->stats));
    const gboolean known = stats || nero_view_settings_get(&self->settings, id, value);
    GST_OBJECT_UNLOCK(self);
    if (!known)
        G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, pspec);
}

static void finalize(GObject *object)
{
    NeroViewElement *self = NERO_VIEW_ELEMENT(object);
    nero_view_pad_free(self->out);
    nero_view_settings_clear(&self->settings);
    nero_gate_clear(&self->gate);
    G_OBJECT_CLASS(nero_view_element_parent_class)->finalize(object);
}

static void nero_view_element_class_init(NeroViewElementClass *klass)
{
    GObjectClass *object = G_OBJECT_CLASS(klass);
    GstElementClass *element = GST_ELEMENT_CLASS(klass);
    GstBaseTransformClass *base = GST_BASE_TRANSFORM_CLASS(klass);
    GST_DEBUG_CATEGORY_INIT(view_debug, "neroview", 0, "NeroScale inner views");
    object->set_property = set_property;
    object->get_property = get_property;
    object->finalize = finalize;
    nero_view_settings_install(object);
    nero_video_add_pads(element, nero_video_can_view);
    gst_element_class_add_pad_template(element, nero_view_pad_template());
    gst_element_class_set_static_metadata(
        element, "NeroScale inner view", "Filter/Analyzer/Visualization/Video",
        "Shows on a second pad what a neural network sees in the video, at its own rate; the video "
        "itself passes untouched",
        "NeroScale");
    element->request_new_pad = GST_DEBUG_FUNCPTR(request_new_pad);
    element->release_pad = GST_DEBUG_FUNCPTR(release_pad);
    base->start = GST_DEBUG_FUNCPTR(start);
    base->stop = GST_DEBUG_FUNCPTR(stop);
    base->query = GST_DEBUG_FUNCPTR(nero_base_query);
    base->set_caps = GST_DEBUG_FUNCPTR(set_caps);
    base->sink_event = GST_DEBUG_FUNCPTR(sink_event);
    base->submit_input_buffer = GST_DEBUG_FUNCPTR(submit_input);
    base->transform_ip = GST_DEBUG_FUNCPTR(transform_ip);
    base->propose_allocation = GST_DEBUG_FUNCPTR(nero_propose_allocation);
    base->transform_ip_on_passthrough = TRUE;
}

static void nero_view_element_init(NeroViewElement *self)
{
    nero_gate_init(&self->gate);
    nero_view_settings_init(&self->settings);
    self->out = nero_view_pad_new(GST_ELEMENT(self));
    nero_watch_caps(&self->base, nero_video_can_view, N_("read"));
    gst_base_transform_set_in_place(&self->base, TRUE);
    gst_base_transform_set_passthrough(&self->base, TRUE);
    gst_base_transform_set_qos_enabled(&self->base, FALSE);
}
