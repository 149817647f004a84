// SPDX-License-Identifier: MIT
// nerooverlay: draws boxes and labels into the frames.

/**
 * SECTION:element-nerooverlay
 * @title: nerooverlay
 * @short_description: draws detections into the video
 *
 * Draws the boxes that neroinfer attached, with label and score. When there is no #NeroMeta, it
 * draws any #GstVideoRegionOfInterestMeta. A class keeps its colour; so does a track, once objects
 * are tracked, unless color-by=class. Behind nerotrack, trail-length draws the way that each object
 * has gone with its lower edge; trails end at a flush and when the size of the frames changes.
 * Elements like it are gvawatermark of DL Streamer, nvdsosd of DeepStream and
 * objectdetectionoverlay of GStreamer.
 *
 * anonymize makes objects of some classes (or all) unrecognisable, whatever the other properties
 * draw: behind this element their pixels are gone. It covers predicted boxes, boxes below the
 * threshold (down to 0.4 of it), regions of interest of other elements and the classes of maps;
 * boxes with a margin, those of another frame with one that grows with their age; and objects that
 * were found less than two seconds ago. A frame about which nothing is known is covered as a whole:
 * before the first result of asynchronous inference, behind a result older than a second, when an
 * element dropped the boxes, or when no model has the class.
 *
 * It cannot cover what no model finds, or what labels= of neroinfer or keep-untracked=false of
 * nerotrack leave out; nor, with asynchronous inference, what has entered the picture since the
 * last inferred frame (neroinfer async=false infers every frame of a file). Blur and pixelation
 * leave the mean of squares of a sixth of an object's width, which still shows clothes and gait;
 * "fill" leaves nothing. Of covered objects only the box is drawn, no mask, keypoints or rotated
 * box; their metadata stay. Branches of a tee before this element have the original.
 *
 * Sinks that lay drawings over the picture themselves (glimagesink and others that take
 * #GstVideoOverlayCompositionMeta) get them beside the frame, which stays as it is; put the caps
 * video/x-raw behind the element to have them drawn into it. What is anonymized is always changed
 * in the frame.
 *
 * Maps of segmentation models are blended over the picture, with a legend that tells which part of
 * the picture each class covers. Frames with nothing to draw pass without a copy. The #NeroMeta of
 * every frame is marked as painted, so that nerosink draws neither its boxes nor those that were
 * left out here.
 *
 * |[
 * gst-launch-1.0 v4l2src ! videoconvert ! neroinfer model=street ! nerooverlay
 * predicted-style=dashed ! videoconvert ! autovideosink
 * ]|
 * |[
 * gst-launch-1.0 filesrc location=vtest.avi ! decodebin ! videoconvert ! neroinfer model=person !
 * nerotrack ! nerooverlay trail-length=4 ! videoconvert ! autovideosink
 * ]|
 */
#include "plugins/common/allocation.h"
#include "plugins/common/gate.h"
#include "plugins/common/negotiation.h"
#include "plugins/common/objects.h"
#include "plugins/common/position.h"
#include "plugins/common/regions.h"
#include "plugins/common/segment_time.h"
#include "plugins/common/upstream.h"
#include "plugins/common/video.h"
#include "plugins/elements.h"
#include "plugins/infer/attach.h"
#include "plugins/meta/analytics.h"
#include "plugins/meta/nerometa_internal.h"
#include "plugins/overlay/attach.h"
#include "plugins/overlay/cover.h"
#include "plugins/overlay/overlay_settings.h"
#include "po/translate.h"

#include <gst/base/gstbasetransform.h>

GST_DEBUG_CATEGORY_STATIC(overlay_debug);
#define GST_CAT_DEFAULT overlay_debug

enum { PATIENCE = 50 }; // frames that are covered as a whole before a warning says why

#define NERO_TYPE_OVERLAY (nero_overlay_get_type())
G_DECLARE_FINAL_TYPE(NeroOverlay, nero_overlay, NERO, OVERLAY, GstBaseTransform)

struct _NeroOverlay {
    GstBaseTransform base;
    NeroGate gate;                // open from start() to stop()
    NeroOverlaySettings settings; // guarded by the object lock
    // Used inside the gate only.
    GstVideoInfo info;
    GArray *objects; // objects to draw on the current frame
    GArray *regions; // regions of its maps
    NeroStyle style; // of the current frame
    gboolean areas;  // it has zones and lines to draw
    GArray *taken;   // where their texts are
    NeroTrails *trails;
    NeroCover *cover;
    NeroAnonymize anonymize; // of the current frame
    const GArray *covered;   // areas to anonymize; NULL: none
    guint blind;             // consecutive frames that are covered as a whole
    gboolean told;           // a warning has said why
    guint64 frames;          // since start()
    gboolean asked;          // neroinfer, for boxes below its threshold
    gboolean draws;          // there is something to draw
    gboolean attaches;       // beside the frame, which downstream lays over the picture
    NeroCanvas *canvas;
    NeroCaptions *captions;
    NeroUpstream upstream;
    gint undecided; // atomic: whether to attach must be found out
};

G_DEFINE_TYPE(NeroOverlay, nero_overlay, GST_TYPE_BASE_TRANSFORM)
GST_ELEMENT_REGISTER_DEFINE(nerooverlay, "nerooverlay", GST_RANK_NONE, NERO_TYPE_OVERLAY)

static void set_property(GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
    NeroOverlay *self = NERO_OVERLAY(object);
    GST_OBJECT_LOCK(self);
    if (!nero_overlay_settings_set(&self->settings, id, value))
        G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, pspec);
    GST_OBJECT_UNLOCK(self);
}

static void get_property(GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
    NeroOverlay *self = NERO_OVERLAY(object);
    GST_OBJECT_LOCK(self);
    if (!nero_overlay_settings_get(&self->settings, id, value))
        G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, pspec);
    GST_OBJECT_UNLOCK(self);
}

// What was seen before a flush, or in another size, is somewhere else now.
static void forget(NeroOverlay *self)
{
    if (!nero_gate_try(&self->gate))
        return;
    nero_trails_forget(self->trails);
    nero_cover_forget(self->cover);
    nero_gate_leave(&self->gate);
}

static gboolean sink_event(GstBaseTransform *base, GstEvent *event)
{
    if (GST_EVENT_TYPE(event) == GST_EVENT_FLUSH_STOP)
        forget(NERO_OVERLAY(base));
    return nero_sink_event(GST_BASE_TRANSFORM_CLASS(nero_overlay_parent_class), base, event,
                           nero_blend_supports, N_("draw into"));
}

static gboolean set_caps(GstBaseTransform *base, GstCaps *in, GstCaps *out)
{
    NeroOverlay *self = NERO_OVERLAY(base);
    GstVideoInfo info;
    (void)out;
    if (!gst_video_info_from_caps(&info, in) || !nero_blend_supports(info.finfo) ||
        !nero_gate_enter(&self->gate, base->sinkpad))
        return FALSE; // nero_sink_event() posts the error
    if (info.width != self->info.width || info.height != self->info.height) {
        nero_trails_forget(self->trails);
        nero_cover_forget(self->cover);
    }
    self->info = info;
    self->asked = FALSE;
    g_atomic_int_set(&self->undecided, TRUE);
    nero_upstream_reset(&self->upstream);
    nero_gate_leave(&self->gate);
    return TRUE;
}

static GstCaps *transform_caps(GstBaseTransform *base, GstPadDirection from, GstCaps *caps,
                               GstCaps *filter)
{
    g_autoptr(GstCaps) other = nero_attach_transform_caps(from, caps);
    (void)base;
    return filter ? gst_caps_intersect_full(filter, other, GST_CAPS_INTERSECT_FIRST)
                  : g_steal_pointer(&other);
}

// Downstream wants to negotiate again: it may take other things now.
static gboolean src_event(GstBaseTransform *base, GstEvent *event)
{
    if (GST_EVENT_TYPE(event) == GST_EVENT_RECONFIGURE)
        g_atomic_int_set(&NERO_OVERLAY(base)->undecided, TRUE);
    return GST_BASE_TRANSFORM_CLASS(nero_overlay_parent_class)->src_event(base, event);
}

static gboolean start(GstBaseTransform *base)
{
    NeroOverlay *self = NERO_OVERLAY(base);
    self->captions = nero_captions_new();
    self->canvas = nero_canvas_new();
    self->frames = 0;
    nero_gate_open(&self->gate, TRUE);
    return TRUE;
}

static GstFlowReturn submit_input_buffer(GstBaseTransform *base, gboolean is_discont,
                                         GstBuffer *buffer)
{
    NeroOverlay *self = NERO_OVERLAY(base);
    if (nero_gate_enter(&self->gate, base->sinkpad)) {
        buffer = nero_upstream_look(&self->upstream, GST_ELEMENT(self), base->sinkpad, buffer);
        nero_gate_leave(&self->gate);
    }
    return nero_submit_input(GST_BASE_TRANSFORM_CLASS(nero_overlay_parent_class), base, is_discont,
                             buffer);
}

static gboolean stop(GstBaseTransform *base)
{
    NeroOverlay *self = NERO_OVERLAY(base);
    nero_gate_shut(&self->gate);
    g_array_set_size(self->objects, 0);
    g_array_set_size(self->regions, 0);
    nero_trails_forget(self->trails);
    nero_cover_forget(self->cover);
    self->blind = 0;
    self->told = FALSE;
    g_clear_pointer(&self->captions, nero_captions_free);
    g_clear_pointer(&self->canvas, nero_canvas_free);
    self->info = (GstVideoInfo){0};
    self->upstream = (NeroUpstream){0};
    return TRUE;
}

// Puts into self->objects and self->regions what this frame shows.
static void select_objects(NeroOverlay *self, GstBuffer *buffer, gint64 time)
{
    nero_objects_read(buffer, self->objects);
    nero_regions_read(buffer, self->regions);
    GST_OBJECT_LOCK(self);
    const NeroOverlaySettings *s = &self->settings;
    self->style = nero_overlay_settings_style(s, self->info.width, self->info.height);
    for (guint i = self->regions->len; i-- > 0;) {
        const NeroRegion *r = &g_array_index(self->regions, NeroRegion, i);
        if (r->label_id == 0 || !nero_overlay_settings_want(s, r->label, r->age_ms > 0))
            g_array_remove_index(self->regions, i);
    }
    for (guint i = self->objects->len; i-- > 0;) {
        NeroObject *o = &g_array_index(self->objects, NeroObject, i);
        if (nero_overlay_settings_hide(s, o->label))
            o->details = NULL; // an outline or a skeleton shows what was covered
        if (!nero_overlay_settings_want(s, o->label, o->box.predicted))
            g_array_remove_index(self->objects, i);
    }
    const gint64 length = (gint64)(s->trail_length * GST_SECOND);
    GST_OBJECT_UNLOCK(self);
    nero_trails_add(self->trails, self->objects, time, length);
}

// Says why frames are covered as a whole: later than the first results of a slow inference, but at
// once where nothing will change it.
static void warn_blind(NeroOverlay *self, const char *reason)
{
    self->blind = reason ? self->blind + 1 : 0;
    self->told = self->told && reason;
    if (!reason || self->told || (self->blind < PATIENCE && !nero_cover_is_in_vain(self->cover)))
        return;
    self->told = TRUE;
    GST_ELEMENT_WARNING(self, STREAM, FAILED, (_("Whole frames are anonymized: %s"), reason),
                        (NULL));
}

// Finds what of this frame must not be recognisable.
static void find_covered(NeroOverlay *self, GstBuffer *buffer, gint64 time)
{
    const char *reason = NULL;
    self->covered = NULL;
    GST_OBJECT_LOCK(self);
    self->anonymize = self->settings.anonymize;
    if (self->anonymize != NERO_ANONYMIZE_NONE)
        self->covered =
            nero_cover_find(self->cover, buffer, (const char *const *)self->settings.hidden,
                            self->info.width, self->info.height, time, &reason);
    else
        nero_cover_forget(self->cover);
    GST_OBJECT_UNLOCK(self);
    if (self->covered && self->covered->len == 0)
        self->covered = NULL;
    if (self->anonymize != NERO_ANONYMIZE_NONE && !self->asked)
        gst_pad_push_event(self->base.sinkpad,
                           gst_event_new_custom(GST_EVENT_CUSTOM_UPSTREAM,
                                                gst_structure_new_empty(NERO_WANTS_FAINT)));
    self->asked = self->anonymize != NERO_ANONYMIZE_NONE;
    warn_blind(self, reason);
}

// What is to be done with a frame.
static void look_at(NeroOverlay *self, GstBuffer *buffer)
{
    const gint64 time = nero_frame_time(&self->base.segment, buffer, &self->info, self->frames);
    select_objects(self, buffer, time);
    find_covered(self, buffer, time);
    self->frames++;
    self->areas = self->style.zones && nero_analytics_report(buffer) != NULL;
    self->draws = self->covered || self->areas || self->objects->len > 0 ||
                  self->regions->len > 0 || nero_trails_count(self->trails) > 0;
}

// Whether a window downstream would draw boxes that were left out here.
static gboolean has_unpainted(GstBuffer *buffer)
{
    gpointer state = NULL;
    for (NeroMeta *m; (m = nero_meta_next(buffer, &state));)
        if (!m->painted && (m->result.count > 0 || m->result.map.width > 0))
            return TRUE;
    return FALSE;
}

static void mark_painted(GstBuffer *buffer)
{
    gpointer state = NULL;
    for (NeroMeta *m; (m = nero_meta_next(buffer, &state));)
        m->painted = TRUE;
}

// A frame must be writable only when there is something to draw or to leave out.
static GstFlowReturn prepare_output_buffer(GstBaseTransform *base, GstBuffer *in, GstBuffer **out)
{
    NeroOverlay *self = NERO_OVERLAY(base);
    const gboolean undecided = g_atomic_int_compare_and_exchange(&self->undecided, TRUE, FALSE);
    const gboolean attaches = undecided && nero_attach_decide(base);
    if (!nero_gate_enter(&self->gate, base->sinkpad))
        return GST_FLOW_FLUSHING;
    if (undecided)
        self->attaches = attaches;
    look_at(self, in);
    const gboolean bare = !self->draws && !(self->style.boxes && has_unpainted(in));
    nero_gate_leave(&self->gate);
    if (bare) {
        *out = in;
        return GST_FLOW_OK;
    }
    return GST_BASE_TRANSFORM_CLASS(nero_overlay_parent_class)
        ->prepare_output_buffer(base, in, out);
}

static void draw_all(NeroOverlay *self, GstBuffer *buffer)
{
    nero_overlay_draw_maps(self->canvas, buffer, self->regions, self->captions, &self->style);
    nero_overlay_draw_trails(self->canvas, self->trails, &self->style);
    g_array_set_size(self->taken, 0);
    const nn_report *report = self->areas ? nero_analytics_report(buffer) : NULL;
    if (report)
        nero_overlay_draw_areas(self->canvas, report, self->taken, self->captions, &self->style);
    nero_overlay_draw_objects(self->canvas, self->objects, self->taken, self->captions,
                              &self->style);
    if (report)
        nero_overlay_draw_counts(self->canvas, report, self->captions, &self->style);
}

// Draws what belongs into the frame itself: all, or what downstream must not get to see.
static gboolean draw_into(NeroOverlay *self, GstBuffer *buffer)
{
    GstVideoFrame frame;
    if (!gst_video_frame_map(&frame, &self->info, buffer, GST_MAP_READWRITE))
        return FALSE;
    nero_canvas_begin(self->canvas, &frame);
    for (guint i = 0; self->covered && i < self->covered->len; i++)
        nero_anonymize(self->canvas, &g_array_index(self->covered, NeroCovered, i),
                       self->anonymize);
    if (!self->attaches)
        draw_all(self, buffer);
    nero_canvas_end(self->canvas);
    gst_video_frame_unmap(&frame);
    return TRUE;
}

static void draw_beside(NeroOverlay *self, GstBuffer *buffer)
{
    nero_canvas_begin_layer(self->canvas, self->info.width, self->info.height);
    draw_all(self, buffer);
    GstVideoOverlayComposition *drawing = nero_canvas_end_layer(self->canvas);
    if (drawing)
        nero_attach_add(buffer, drawing);
}

static GstFlowReturn draw(NeroOverlay *self, GstBuffer *buffer)
{
    nero_captions_trim(self->captions);
    if (self->draws && (!self->attaches || self->covered) && !draw_into(self, buffer)) {
        GST_ELEMENT_ERROR(self, STREAM, FORMAT, (_("Cannot write into the video frame")), (NULL));
        return GST_FLOW_ERROR;
    }
    if (self->draws && self->attaches)
        draw_beside(self, buffer);
    if (self->style.boxes && has_unpainted(buffer))
        mark_painted(buffer);
    return GST_FLOW_OK;
}

static GstFlowReturn transform_ip(GstBaseTransform *base, GstBuffer *buffer)
{
    NeroOverlay *self = NERO_OVERLAY(base);
    if (!nero_gate_enter(&self->gate, base->sinkpad))
        return GST_FLOW_FLUSHING;
    // Without caps the element was stopped and started while the buffer was under way.
    const GstFlowReturn ret = self->info.finfo ? draw(self, buffer) : GST_FLOW_FLUSHING;
    nero_gate_leave(&self->gate);
    return ret;
}

static void finalize(GObject *object)
{
    NeroOverlay *self = NERO_OVERLAY(object);
    nero_gate_clear(&self->gate);
    nero_overlay_settings_clear(&self->settings);
    g_array_unref(self->objects);
    g_array_unref(self->regions);
    g_array_unref(self->taken);
    nero_trails_free(self->trails);
    nero_cover_free(self->cover);
    G_OBJECT_CLASS(nero_overlay_parent_class)->finalize(object);
}

static void nero_overlay_class_init(NeroOverlayClass *klass)
{
    GObjectClass *object = G_OBJECT_CLASS(klass);
    GstElementClass *element = GST_ELEMENT_CLASS(klass);
    GstBaseTransformClass *base = GST_BASE_TRANSFORM_CLASS(klass);
    GST_DEBUG_CATEGORY_INIT(overlay_debug, "nerooverlay", 0, "NeroScale overlay");
    object->set_property = set_property;
    object->get_property = get_property;
    object->finalize = finalize;
    nero_overlay_settings_install(object);
    nero_attach_add_pads(element, nero_blend_supports);
    gst_element_class_set_static_metadata(
        element, "NeroScale detection overlay", "Filter/Effect/Video",
        "Draws boxes, labels, scores and class maps into the video", "NeroScale");
    base->start = GST_DEBUG_FUNCPTR(start);
    base->stop = GST_DEBUG_FUNCPTR(stop);
    base->query = GST_DEBUG_FUNCPTR(nero_base_query);
    base->sink_event = GST_DEBUG_FUNCPTR(sink_event);
    base->transform_caps = GST_DEBUG_FUNCPTR(transform_caps);
    base->src_event = GST_DEBUG_FUNCPTR(src_event);
    base->set_caps = GST_DEBUG_FUNCPTR(set_caps);
    base->submit_input_buffer = GST_DEBUG_FUNCPTR(submit_input_buffer);
    base->prepare_output_buffer = GST_DEBUG_FUNCPTR(prepare_output_buffer);
    base->transform_ip = GST_DEBUG_FUNCPTR(transform_ip);
    base->propose_allocation = GST_DEBUG_FUNCPTR(nero_propose_allocation);
}

static void nero_overlay_init(NeroOverlay *self)
{
    nero_gate_init(&self->gate);
    nero_overlay_settings_init(&self->settings);
    self->objects = g_array_new(FALSE, TRUE, sizeof(NeroObject));
    self->regions = g_array_new(FALSE, TRUE, sizeof(NeroRegion));
    self->taken = g_array_new(FALSE, FALSE, sizeof(NeroRect));
    self->trails = nero_trails_new();
    self->cover = nero_cover_new();
    nero_watch_caps(&self->base, nero_blend_supports, N_("draw into"));
    gst_base_transform_set_in_place(&self->base, TRUE);
    gst_base_transform_set_qos_enabled(&self->base, FALSE);
}
