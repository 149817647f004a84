// SPDX-License-Identifier: MIT
// nerooverlay: draws boxes and labels into the frames.

/**
 * SECTION:element-nerooverlay
 * @title: nerooverlay
 * @short_description: draws detections into the video
 *
 * Draws the boxes that neroinfer attached, with label and score. When there is no #NeroMeta, it
 * draws any #GstVideoRegionOfInterestMeta. A class keeps its colour; so does a track, once objects
 * are tracked. Maps of segmentation models are blended over the picture, with a legend that tells
 * which part of the picture each class covers. Frames with nothing to draw pass without a copy. The
 * #NeroMeta of every frame is marked as painted, so that nerosink draws neither its boxes nor those
 * that were left out here.
 *
 * |[
 * gst-launch-1.0 v4l2src ! videoconvert ! neroinfer model=street ! nerooverlay
 * predicted-style=dashed ! videoconvert ! autovideosink
 * ]|
 */
#include "plugins/common/allocation.h"
#include "plugins/common/gate.h"
#include "plugins/common/negotiation.h"
#include "plugins/common/objects.h"
#include "plugins/common/regions.h"
#include "plugins/common/upstream.h"
#include "plugins/common/video.h"
#include "plugins/elements.h"
#include "plugins/meta/nerometa_internal.h"
#include "plugins/overlay/blend.h"
#include "plugins/overlay/captions.h"
#include "plugins/overlay/overlay_draw.h"

#include <gst/base/gstbasetransform.h>

GST_DEBUG_CATEGORY_STATIC(overlay_debug);
#define GST_CAT_DEFAULT overlay_debug

enum {
    PROP_SHOW_LABELS = 1,
    PROP_SHOW_SCORES,
    PROP_THICKNESS,
    PROP_FONT_SIZE,
    PROP_LABELS,
    PROP_PREDICTED_STYLE,
};

#define NERO_TYPE_OVERLAY (nero_overlay_get_type())
G_DECLARE_FINAL_TYPE(NeroOverlay, nero_overlay, NERO, OVERLAY, GstBaseTransform)

struct _NeroOverlay {
    GstBaseTransform base;
    NeroGate gate; // open from start() to stop()
    // Properties, guarded by the object lock.
    NeroStyle style; // thickness and font: 0 for automatic
    char *labels;
    GStrv wanted; // `labels` split, NULL for all
    // Used inside the gate only.
    GstVideoInfo info;
    GArray *objects; // objects to draw on the current frame
    GArray *regions; // regions of its maps
    gboolean draws;  // there is something to draw
    NeroCaptions *captions;
    NeroUpstream upstream;
};

G_DEFINE_TYPE(NeroOverlay, nero_overlay, GST_TYPE_BASE_TRANSFORM)
GST_ELEMENT_REGISTER_DEFINE(nerooverlay, "nerooverlay", GST_RANK_NONE, NERO_TYPE_OVERLAY)

static GType predicted_style_get_type(void)
{
    static gsize type;
    static const GEnumValue values[] = {
        {NERO_STYLE_SOLID, "Like measured boxes", "solid"},
        {NERO_STYLE_DIM, "Half transparent", "dim"},
        {NERO_STYLE_DASHED, "Dashed", "dashed"},
        {NERO_STYLE_HIDDEN, "Not at all", "hidden"},
        {0, NULL, NULL},
    };
    if (g_once_init_enter(&type))
        g_once_init_leave(&type, g_enum_register_static("NeroPredictedStyle", values));
    return type;
}

static void set_labels(NeroOverlay *self, const GValue *value)
{
    g_free(self->labels);
    g_clear_pointer(&self->wanted, g_strfreev);
    self->labels = g_value_dup_string(value);
    if (!self->labels || !*self->labels)
        return;
    self->wanted = g_strsplit(self->labels, ",", -1);
    for (char **w = self->wanted; *w; w++)
        g_strstrip(*w);
}

static void set_property(GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
    NeroOverlay *self = NERO_OVERLAY(object);
    GST_OBJECT_LOCK(self);
    switch (id) {
    case PROP_SHOW_LABELS:
        self->style.labels = g_value_get_boolean(value);
        break;
    case PROP_SHOW_SCORES:
        self->style.scores = g_value_get_boolean(value);
        break;
    case PROP_THICKNESS:
        self->style.thickness = g_value_get_int(value);
        break;
    case PROP_FONT_SIZE:
        self->style.font = g_value_get_int(value);
        break;
    case PROP_LABELS:
        set_labels(self, value);
        break;
    case PROP_PREDICTED_STYLE:
        self->style.predicted = g_value_get_enum(value);
        break;
    default:
        G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, pspec);
    }
    GST_OBJECT_UNLOCK(self);
}

static void get_property(GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
    NeroOverlay *self = NERO_OVERLAY(object);
    GST_OBJECT_LOCK(self);
    switch (id) {
    case PROP_SHOW_LABELS:
        g_value_set_boolean(value, self->style.labels);
        break;
    case PROP_SHOW_SCORES:
        g_value_set_boolean(value, self->style.scores);
        break;
    case PROP_THICKNESS:
        g_value_set_int(value, self->style.thickness);
        break;
    case PROP_FONT_SIZE:
        g_value_set_int(value, self->style.font);
        break;
    case PROP_LABELS:
        g_value_set_string(value, self->labels);
        break;
    case PROP_PREDICTED_STYLE:
        g_value_set_enum(value, self->style.predicted);
        break;
    default:
        G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, pspec);
    }
    GST_OBJECT_UNLOCK(self);
}

static gboolean sink_event(GstBaseTransform *base, GstEvent *event)
{
    return nero_sink_event(GST_BASE_TRANSFORM_CLASS(nero_overlay_parent_class), base, event,
                           nero_blend_supports, "draw into");
}

static gboolean set_caps(GstBaseTransform *base, GstCaps *in, GstCaps *out)
{
    NeroOverlay *self = NERO_OVERLAY(base);
    GstVideoInfo info;
    (void)out;
    if (!gst_video_info_from_caps(&info, in) || !nero_blend_supports(info.finfo) ||
        !nero_gate_enter(&self->gate, base->sinkpad))
        return FALSE; // nero_sink_event() posts the error
    self->info = info;
    nero_upstream_reset(&self->upstream);
    nero_gate_leave(&self->gate);
    return TRUE;
}

static gboolean start(GstBaseTransform *base)
{
    nero_gate_open(&NERO_OVERLAY(base)->gate, TRUE);
    return TRUE;
}

static GstFlowReturn submit_input_buffer(GstBaseTransform *base, gboolean is_discont,
                                         GstBuffer *buffer)
{
    NeroOverlay *self = NERO_OVERLAY(base);
    buffer = nero_upstream_look(&self->upstream, GST_ELEMENT(self), base->sinkpad, buffer);
    return nero_submit_input(GST_BASE_TRANSFORM_CLASS(nero_overlay_parent_class), base, is_discont,
                             buffer);
}

static gboolean stop(GstBaseTransform *base)
{
    NeroOverlay *self = NERO_OVERLAY(base);
    nero_gate_shut(&self->gate);
    g_array_set_size(self->objects, 0);
    g_array_set_size(self->regions, 0);
    g_clear_pointer(&self->captions, nero_captions_free);
    self->upstream = (NeroUpstream){0};
    return TRUE;
}

// The style for this frame: automatic sizes depend on the shorter side of the picture.
static NeroStyle resolve_style(NeroOverlay *self)
{
    int side = MIN(GST_VIDEO_INFO_WIDTH(&self->info), GST_VIDEO_INFO_HEIGHT(&self->info));
    GST_OBJECT_LOCK(self);
    NeroStyle style = self->style;
    GST_OBJECT_UNLOCK(self);
    if (!style.thickness)
        style.thickness = MAX(1, (side + 144) / 288);
    if (!style.font)
        style.font = MAX(10, side / 44);
    return style;
}

// Called with the object lock held.
static gboolean is_wanted(const NeroOverlay *self, const char *label, gboolean predicted)
{
    return (!self->wanted || g_strv_contains((const gchar *const *)self->wanted, label)) &&
           !(predicted && self->style.predicted == NERO_STYLE_HIDDEN);
}

// Puts into self->objects and self->regions what this frame shows.
static void select_objects(NeroOverlay *self, GstBuffer *buffer)
{
    nero_objects_read(buffer, self->objects);
    nero_regions_read(buffer, self->regions);
    GST_OBJECT_LOCK(self);
    for (guint i = self->regions->len; i-- > 0;) {
        const NeroRegion *r = &g_array_index(self->regions, NeroRegion, i);
        if (r->label_id == 0 || !is_wanted(self, r->label, r->age_ms > 0))
            g_array_remove_index(self->regions, i);
    }
    for (guint i = self->objects->len; i-- > 0;) {
        const NeroObject *o = &g_array_index(self->objects, NeroObject, i);
        if (!is_wanted(self, o->label, o->box.predicted))
            g_array_remove_index(self->objects, i);
    }
    GST_OBJECT_UNLOCK(self);
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
    if (!nero_gate_enter(&self->gate, base->sinkpad))
        return GST_FLOW_FLUSHING;
    select_objects(self, in);
    self->draws = self->objects->len > 0 || self->regions->len > 0;
    const gboolean bare = !self->draws && !has_unpainted(in);
    nero_gate_leave(&self->gate);
    if (bare) {
        *out = in;
        return GST_FLOW_OK;
    }
    return GST_BASE_TRANSFORM_CLASS(nero_overlay_parent_class)
        ->prepare_output_buffer(base, in, out);
}

static GstFlowReturn draw(NeroOverlay *self, GstBuffer *buffer)
{
    if (!self->draws) {
        if (has_unpainted(buffer))
            mark_painted(buffer);
        return GST_FLOW_OK;
    }
    GstVideoFrame frame;
    if (!gst_video_frame_map(&frame, &self->info, buffer, GST_MAP_READWRITE)) {
        GST_ELEMENT_ERROR(self, STREAM, FORMAT, ("Cannot write into the video frame"), (NULL));
        return GST_FLOW_ERROR;
    }
    if (!self->captions)
        self->captions = nero_captions_new();
    nero_captions_trim(self->captions);
    NeroStyle style = resolve_style(self);
    nero_overlay_draw_maps(&frame, buffer, self->regions, self->captions, &style);
    nero_overlay_draw_objects(&frame, self->objects, self->captions, &style);
    gst_video_frame_unmap(&frame);
    mark_painted(buffer);
    return GST_FLOW_OK;
}

static GstFlowReturn transform_ip(GstBaseTransform *base, GstBuffer *buffer)
{
    NeroOverlay *self = NERO_OVERLAY(base);
    if (!nero_gate_enter(&self->gate, base->sinkpad))
        return GST_FLOW_FLUSHING;
    const GstFlowReturn ret = draw(self, buffer);
    nero_gate_leave(&self->gate);
    return ret;
}

static gboolean propose_allocation(GstBaseTransform *base, GstQuery *decide, GstQuery *query)
{
    if (!GST_BASE_TRANSFORM_CLASS(nero_overlay_parent_class)
             ->propose_allocation(base, decide, query))
        return FALSE;
    nero_allocation_take_strides(query);
    return TRUE;
}

static void finalize(GObject *object)
{
    NeroOverlay *self = NERO_OVERLAY(object);
    nero_gate_clear(&self->gate);
    g_free(self->labels);
    g_strfreev(self->wanted);
    g_array_unref(self->objects);
    g_array_unref(self->regions);
    G_OBJECT_CLASS(nero_overlay_parent_class)->finalize(object);
}

static void install_properties(GObjectClass *object)
{
    const GParamFlags flags =
        G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING;
    g_object_class_install_property(
        object, PROP_SHOW_LABELS,
        g_param_spec_boolean("show-labels", "Show labels",
                             "Draw the class (and track number) of each box", TRUE, flags));
    g_object_class_install_property(object, PROP_SHOW_SCORES,
                                    g_param_spec_boolean("show-scores", "Show scores",
                                                         "Draw the score of each box in percent",
                                                         TRUE, flags));
    g_object_class_install_property(
        object, PROP_THICKNESS,
        g_param_spec_int("thickness", "Thickness",
                         "Thickness of the lines in pixels (0 = by the size of the frame)", 0, 100,
                         0, flags));
    g_object_class_install_property(
        object, PROP_FONT_SIZE,
        g_param_spec_int("font-size", "Font size",
                         "Font size of the labels in pixels (0 = by the size of the frame)", 0, 500,
                         0, flags));
    g_object_class_install_property(
        object, PROP_LABELS,
        g_param_spec_string("labels", "Labels",
                            "Classes to draw, comma-separated, e.g. \"car,bus\" (unset = all)",
                            NULL, flags));
    gst_type_mark_as_plugin_api(predicted_style_get_type(), 0);
    g_object_class_install_property(
        object, PROP_PREDICTED_STYLE,
        g_param_spec_enum("predicted-style", "Predicted style",
                          "How to draw boxes that were not measured on this frame",
                          predicted_style_get_type(), NERO_STYLE_DIM, flags));
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
    install_properties(object);
    nero_video_add_pads(element, nero_blend_supports);
    gst_element_class_set_static_metadata(
        element, "NeroScale detection overlay", "Filter/Effect/Video",
        "Draws boxes, labels, scores and class maps into the video", "NeroScale");
    base->start = GST_DEBUG_FUNCPTR(start);
    base->stop = GST_DEBUG_FUNCPTR(stop);
    base->sink_event = GST_DEBUG_FUNCPTR(sink_event);
    base->set_caps = GST_DEBUG_FUNCPTR(set_caps);
    base->submit_input_buffer = GST_DEBUG_FUNCPTR(submit_input_buffer);
    base->prepare_output_buffer = GST_DEBUG_FUNCPTR(prepare_output_buffer);
    base->transform_ip = GST_DEBUG_FUNCPTR(transform_ip);
    base->propose_allocation = GST_DEBUG_FUNCPTR(propose_allocation);
}

static void nero_overlay_init(NeroOverlay *self)
{
    nero_gate_init(&self->gate);
    self->style = (NeroStyle){.labels = TRUE, .scores = TRUE, .predicted = NERO_STYLE_DIM};
    self->objects = g_array_new(FALSE, TRUE, sizeof(NeroObject));
    self->regions = g_array_new(FALSE, TRUE, sizeof(NeroRegion));
    gst_base_transform_set_in_place(&self->base, TRUE);
    gst_base_transform_set_qos_enabled(&self->base, FALSE);
}
