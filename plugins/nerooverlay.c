// SPDX-License-Identifier: MIT
// nerooverlay: burns boxes and labels into the frames.

/**
 * SECTION:element-nerooverlay
 * @title: nerooverlay
 * @short_description: draws detections into the video
 *
 * Draws the boxes that neroinfer attached, or any #GstVideoRegionOfInterestMeta when there is no
 * #NeroMeta, with their label and score. A class (or, once objects are tracked, a track) keeps its
 * colour. The maps of segmentation models are laid over the picture, half transparent, with a
 * legend: the part of the picture that each class takes. Frames without anything to draw pass
 * untouched and uncopied.
 *
 * |[
 * gst-launch-1.0 v4l2src ! videoconvert ! neroinfer model=person ! nerooverlay
 * predicted-style=dashed ! videoconvert ! autovideosink
 * ]|
 */
#include "plugins/captions.h"
#include "plugins/elements.h"
#include "plugins/meta/nerometa.h"
#include "plugins/objects.h"
#include "plugins/places.h"
#include "plugins/regions.h"
#include "plugins/video.h"

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

typedef enum PredictedStyle { STYLE_SOLID, STYLE_DIM, STYLE_DASHED, STYLE_HIDDEN } PredictedStyle;

enum { DIM_OPACITY = 140, MAP_OPACITY = 120, DIM_MAP_OPACITY = 70 };

static GstStaticPadTemplate sink_template = GST_STATIC_PAD_TEMPLATE(
    "sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS(GST_VIDEO_CAPS_MAKE(NERO_VIDEO_FORMATS)));
static GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE(
    "src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS(GST_VIDEO_CAPS_MAKE(NERO_VIDEO_FORMATS)));

typedef struct Style {
    gboolean labels, scores;
    int thickness, font; // pixels
    PredictedStyle predicted;
} Style;

#define NERO_TYPE_OVERLAY (nero_overlay_get_type())
G_DECLARE_FINAL_TYPE(NeroOverlay, nero_overlay, NERO, OVERLAY, GstBaseTransform)

struct _NeroOverlay {
    GstBaseTransform base;
    // Properties, guarded by the object lock.
    Style style; // thickness and font: 0 for automatic
    char *labels;
    GStrv wanted; // `labels` split, NULL for all
    // Streaming thread.
    GstVideoInfo info;
    GArray *objects; // those to draw on the current frame
    GArray *regions; // those of maps
    NeroCaptions *captions;
};

G_DEFINE_TYPE(NeroOverlay, nero_overlay, GST_TYPE_BASE_TRANSFORM)
GST_ELEMENT_REGISTER_DEFINE(nerooverlay, "nerooverlay", GST_RANK_NONE, NERO_TYPE_OVERLAY)

static GType predicted_style_get_type(void)
{
    static gsize type;
    static const GEnumValue values[] = {
        {STYLE_SOLID, "Like measured boxes", "solid"},
        {STYLE_DIM, "Half transparent", "dim"},
        {STYLE_DASHED, "Dashed", "dashed"},
        {STYLE_HIDDEN, "Not at all", "hidden"},
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

static gboolean set_caps(GstBaseTransform *base, GstCaps *in, GstCaps *out)
{
    (void)out;
    return gst_video_info_from_caps(&NERO_OVERLAY(base)->info, in);
}

static gboolean stop(GstBaseTransform *base)
{
    NeroOverlay *self = NERO_OVERLAY(base);
    g_array_set_size(self->objects, 0);
    g_array_set_size(self->regions, 0);
    g_clear_pointer(&self->captions, nero_captions_free);
    return TRUE;
}

// The style for this frame: automatic sizes follow the shorter side of the picture.
static Style resolve_style(NeroOverlay *self)
{
    int side = MIN(GST_VIDEO_INFO_WIDTH(&self->info), GST_VIDEO_INFO_HEIGHT(&self->info));
    GST_OBJECT_LOCK(self);
    Style style = self->style;
    GST_OBJECT_UNLOCK(self);
    if (!style.thickness)
        style.thickness = MAX(1, (side + 144) / 288);
    if (!style.font)
        style.font = MAX(10, side / 44);
    return style;
}

// With the object lock held.
static gboolean is_wanted(const NeroOverlay *self, const char *label, gboolean predicted)
{
    return (!self->wanted || g_strv_contains((const gchar *const *)self->wanted, label)) &&
           !(predicted && self->style.predicted == STYLE_HIDDEN);
}

// Leaves in self->objects and self->regions what this frame is to show.
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

// Only a frame that gets something drawn needs to be writable.
static GstFlowReturn prepare_output_buffer(GstBaseTransform *base, GstBuffer *in, GstBuffer **out)
{
    NeroOverlay *self = NERO_OVERLAY(base);
    select_objects(self, in);
    if (self->objects->len == 0 && self->regions->len == 0) {
        *out = in;
        return GST_FLOW_OK;
    }
    return GST_BASE_TRANSFORM_CLASS(nero_overlay_parent_class)
        ->prepare_output_buffer(base, in, out);
}

static guint32 colour_of(const NeroObject *o)
{
    return nero_palette(o->box.track_id > 0 ? o->box.track_id : o->box.label);
}

typedef struct Edge {
    int x0, y0, x1, y1;
} Edge;

static void draw_edge(GstVideoFrame *f, Edge e, const NeroInk *ink, int opacity, int dash)
{
    if (!dash) {
        nero_paint_rect(f, e.x0, e.y0, e.x1, e.y1, ink, opacity);
        return;
    }
    gboolean flat = e.x1 - e.x0 > e.y1 - e.y0;
    int begin = flat ? e.x0 : e.y0, end = flat ? e.x1 : e.y1;
    for (int at = begin; at < end; at += 2 * dash) {
        int stop = MIN(at + dash, end);
        if (flat)
            nero_paint_rect(f, at, e.y0, stop, e.y1, ink, opacity);
        else
            nero_paint_rect(f, e.x0, at, e.x1, stop, ink, opacity);
    }
}

static void draw_box(GstVideoFrame *f, const nn_box *b, const Style *s, const NeroInk *ink)
{
    int x0 = b->x0 + 0.5f, y0 = b->y0 + 0.5f, x1 = b->x1 + 0.5f, y1 = b->y1 + 0.5f;
    int t = MIN(s->thickness, MIN(x1 - x0, y1 - y0) / 2);
    t = MAX(t, 1);
    int opacity = b->predicted && s->predicted == STYLE_DIM ? DIM_OPACITY : 255;
    int dash = b->predicted && s->predicted == STYLE_DASHED ? 4 * t : 0;
    const Edge edges[] = {
        {x0, y0, x1, y0 + t},
        {x0, y1 - t, x1, y1},
        {x0, y0 + t, x0 + t, y1 - t},
        {x1 - t, y0 + t, x1, y1 - t},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(edges); i++)
        draw_edge(f, edges[i], ink, opacity, dash);
}

// The pieces of a label: name, track, score. Rendered apart, so that few masks serve all frames.
static int compose_label(NeroCaptions *captions, const NeroObject *o, const Style *s,
                         const NeroMask *pieces[3])
{
    char number[24];
    int n = 0;
    if (s->labels)
        pieces[n++] = nero_captions_get(captions, o->label, s->font);
    if (s->labels && o->box.track_id > 0) {
        g_snprintf(number, sizeof number, " #%d", o->box.track_id);
        pieces[n++] = nero_captions_get(captions, number, s->font);
    }
    if (s->scores) {
        g_snprintf(number, sizeof number, "%s%d%%", n ? " " : "", (int)(o->box.score * 100 + 0.5f));
        pieces[n++] = nero_captions_get(captions, number, s->font);
    }
    return n;
}

// Over the box, unless that would hide something.
static void draw_label(NeroOverlay *self, GstVideoFrame *f, NeroPlaces *places, guint index,
                       const Style *s)
{
    const NeroObject *o = &g_array_index(self->objects, NeroObject, index);
    const NeroMask *pieces[3];
    int n = compose_label(self->captions, o, s, pieces);
    int pad = MAX(2, s->font / 6), width = 2 * pad, height = 0, x, y;
    for (int i = 0; i < n; i++) {
        width += pieces[i]->width;
        height = MAX(height, pieces[i]->height);
    }
    if (!n || !nero_places_find(places, index, width, height, &x, &y))
        return;
    const guint32 colour = colour_of(o);
    NeroInk paper = nero_ink(&f->info, colour);
    NeroInk ink = nero_ink(&f->info, nero_is_bright(colour) ? 0x000000 : 0xffffff);
    gboolean dim = o->box.predicted && s->predicted == STYLE_DIM;
    nero_paint_rect(f, x, y, x + width, y + height, &paper, dim ? DIM_OPACITY : 255);
    x += pad;
    for (int i = 0; i < n; i++) {
        nero_paint_mask(f, x, y, pieces[i], &ink);
        x += pieces[i]->width;
    }
}

static void draw_objects(NeroOverlay *self, GstVideoFrame *f, const Style *style)
{
    const NeroRect area = {0, 0, GST_VIDEO_FRAME_WIDTH(f), GST_VIDEO_FRAME_HEIGHT(f)};
    NeroPlaces *places = nero_places_new(&area);
    // Worst first, so that the best lie on top.
    for (guint i = self->objects->len; i-- > 0;) {
        const NeroObject *o = &g_array_index(self->objects, NeroObject, i);
        NeroInk ink = nero_ink(&f->info, colour_of(o));
        draw_box(f, &o->box, style, &ink);
    }
    for (guint i = 0; i < self->objects->len; i++) {
        const nn_box *b = &g_array_index(self->objects, NeroObject, i).box;
        const NeroRect box = {b->x0 + 0.5f, b->y0 + 0.5f, b->x1 + 0.5f, b->y1 + 0.5f};
        nero_places_add(places, &box);
    }
    for (guint i = 0; i < self->objects->len; i++) // the best have the choice
        draw_label(self, f, places, i, style);
    nero_places_free(places);
}

// A line of the legend for each class, upwards from the lower left corner.
static void draw_legend(NeroOverlay *self, GstVideoFrame *f, const Style *s)
{
    const int pad = MAX(2, s->font / 6);
    int y = GST_VIDEO_FRAME_HEIGHT(f) - s->font / 2;
    for (guint i = self->regions->len; i-- > 0;) {
        const NeroRegion *r = &g_array_index(self->regions, NeroRegion, i);
        char text[96];
        if (!nero_region_shows(r))
            continue;
        nero_region_text(r, text, sizeof text);
        const NeroMask *mask =
            nero_captions_get(self->captions, s->scores ? text : r->label, s->font);
        const guint32 colour = nero_palette(r->label_id);
        NeroInk paper = nero_ink(&f->info, colour);
        NeroInk ink = nero_ink(&f->info, nero_is_bright(colour) ? 0x000000 : 0xffffff);
        const int x = s->font / 2;
        y -= mask->height;
        nero_paint_rect(f, x, y, x + mask->width + 2 * pad, y + mask->height, &paper, 255);
        nero_paint_mask(f, x + pad, y, mask, &ink);
        y -= pad / 2;
    }
}

// The maps of the frame, in the colours of the regions that are to be shown.
static void draw_maps(NeroOverlay *self, GstVideoFrame *f, GstBuffer *buffer, const Style *s)
{
    NeroTints tints = {0};
    gpointer state = NULL;
    for (guint i = 0; i < self->regions->len; i++) {
        const NeroRegion *r = &g_array_index(self->regions, NeroRegion, i);
        const gboolean dim = r->age_ms > 0 && s->predicted == STYLE_DIM;
        tints.ink[r->label_id] = nero_ink(&f->info, nero_palette(r->label_id));
        tints.opacity[r->label_id] = dim ? DIM_MAP_OPACITY : MAP_OPACITY;
    }
    for (NeroMeta *m; self->regions->len > 0 && (m = nero_meta_next(buffer, &state));)
        nero_paint_map(f, m->result.map.label, m->result.map.width, m->result.map.height, &tints);
    if (s->labels)
        draw_legend(self, f, s);
}

static GstFlowReturn transform_ip(GstBaseTransform *base, GstBuffer *buffer)
{
    NeroOverlay *self = NERO_OVERLAY(base);
    if (self->objects->len == 0 && self->regions->len == 0)
        return GST_FLOW_OK;
    GstVideoFrame frame;
    if (!gst_video_frame_map(&frame, &self->info, buffer, GST_MAP_READWRITE)) {
        GST_ELEMENT_ERROR(self, STREAM, FORMAT, ("Cannot write into the video frame"), (NULL));
        return GST_FLOW_ERROR;
    }
    if (!self->captions)
        self->captions = nero_captions_new();
    nero_captions_trim(self->captions);
    Style style = resolve_style(self);
    draw_maps(self, &frame, buffer, &style);
    draw_objects(self, &frame, &style);
    gst_video_frame_unmap(&frame);
    gpointer state = NULL;
    for (NeroMeta *m; (m = nero_meta_next(buffer, &state));)
        m->painted = TRUE;
    return GST_FLOW_OK;
}

static gboolean propose_allocation(GstBaseTransform *base, GstQuery *decide, GstQuery *query)
{
    if (!GST_BASE_TRANSFORM_CLASS(nero_overlay_parent_class)
             ->propose_allocation(base, decide, query))
        return FALSE;
    gst_query_add_allocation_meta(query, GST_VIDEO_META_API_TYPE, NULL);
    return TRUE;
}

static void finalize(GObject *object)
{
    NeroOverlay *self = NERO_OVERLAY(object);
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
    g_object_class_install_property(object, PROP_SHOW_LABELS,
                                    g_param_spec_boolean("show-labels", "Show labels",
                                                         "Write the class (and track) of a box",
                                                         TRUE, flags));
    g_object_class_install_property(object, PROP_SHOW_SCORES,
                                    g_param_spec_boolean("show-scores", "Show scores",
                                                         "Write the score of a box in percent",
                                                         TRUE, flags));
    g_object_class_install_property(
        object, PROP_THICKNESS,
        g_param_spec_int("thickness", "Thickness",
                         "Of the lines, in pixels (0 = by the size of the frame)", 0, 100, 0,
                         flags));
    g_object_class_install_property(
        object, PROP_FONT_SIZE,
        g_param_spec_int("font-size", "Font size",
                         "Of the labels, in pixels (0 = by the size of the frame)", 0, 500, 0,
                         flags));
    g_object_class_install_property(
        object, PROP_LABELS,
        g_param_spec_string("labels", "Labels",
                            "Classes to draw, comma-separated, e.g. \"car,bus\" (unset = all)",
                            NULL, flags));
    gst_type_mark_as_plugin_api(predicted_style_get_type(), 0);
    g_object_class_install_property(
        object, PROP_PREDICTED_STYLE,
        g_param_spec_enum("predicted-style", "Predicted style",
                          "How to draw boxes that were not measured on this very frame",
                          predicted_style_get_type(), STYLE_DIM, flags));
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
    gst_element_class_add_static_pad_template(element, &sink_template);
    gst_element_class_add_static_pad_template(element, &src_template);
    gst_element_class_set_static_metadata(
        element, "NeroScale detection overlay", "Filter/Effect/Video",
        "Draws boxes, labels and scores into the video", "NeroScale");
    base->stop = GST_DEBUG_FUNCPTR(stop);
    base->set_caps = GST_DEBUG_FUNCPTR(set_caps);
    base->prepare_output_buffer = GST_DEBUG_FUNCPTR(prepare_output_buffer);
    base->transform_ip = GST_DEBUG_FUNCPTR(transform_ip);
    base->propose_allocation = GST_DEBUG_FUNCPTR(propose_allocation);
}

static void nero_overlay_init(NeroOverlay *self)
{
    self->style = (Style){.labels = TRUE, .scores = TRUE, .predicted = STYLE_DIM};
    self->objects = g_array_new(FALSE, TRUE, sizeof(NeroObject));
    self->regions = g_array_new(FALSE, TRUE, sizeof(NeroRegion));
    gst_base_transform_set_in_place(&self->base, TRUE);
    gst_base_transform_set_qos_enabled(&self->base, FALSE);
}
