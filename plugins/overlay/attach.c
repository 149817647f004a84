// SPDX-License-Identifier: MIT
// Negotiates GstVideoOverlayCompositionMeta as textoverlay does: by caps, then by the ALLOCATION
// query.
#include "plugins/overlay/attach.h"

#define FEATURE GST_CAPS_FEATURE_META_GST_VIDEO_OVERLAY_COMPOSITION

static gboolean add_feature(GstCapsFeatures *features, GstStructure *structure, gpointer data)
{
    (void)structure;
    (void)data;
    if (!gst_caps_features_is_any(features) && !gst_caps_features_contains(features, FEATURE))
        gst_caps_features_add(features, FEATURE);
    return TRUE;
}

static gboolean drop_feature(GstCapsFeatures *features, GstStructure *structure, gpointer data)
{
    (void)structure;
    (void)data;
    if (!gst_caps_features_is_any(features))
        gst_caps_features_remove(features, FEATURE);
    return TRUE;
}

static GstCaps *change(const GstCaps *caps, GstCapsMapFunc how)
{
    GstCaps *changed = gst_caps_copy(caps);
    gst_caps_map_in_place(changed, how, NULL);
    return changed;
}

void nero_attach_add_pads(GstElementClass *element, nero_takes_format *takes)
{
    g_autoptr(GstCaps) plain = nero_video_caps(takes);
    g_autoptr(GstCaps) both = gst_caps_merge(gst_caps_copy(plain), change(plain, add_feature));
    gst_element_class_add_pad_template(
        element, gst_pad_template_new("sink", GST_PAD_SINK, GST_PAD_ALWAYS, plain));
    gst_element_class_add_pad_template(
        element, gst_pad_template_new("src", GST_PAD_SRC, GST_PAD_ALWAYS, both));
}

GstCaps *nero_attach_transform_caps(GstPadDirection from, GstCaps *caps)
{
    if (from == GST_PAD_SINK)
        return gst_caps_merge(change(caps, add_feature), gst_caps_copy(caps));
    return gst_caps_simplify(change(caps, drop_feature));
}

gboolean nero_attach_decide(GstBaseTransform *base)
{
    g_autoptr(GstCaps) caps = gst_pad_get_current_caps(base->srcpad);
    if (!caps || !gst_caps_features_contains(gst_caps_get_features(caps, 0), FEATURE))
        return FALSE;
    g_autoptr(GstQuery) query = gst_query_new_allocation(caps, FALSE);
    if (gst_pad_peer_query(base->srcpad, query) &&
        gst_query_find_allocation_meta(query, GST_VIDEO_OVERLAY_COMPOSITION_META_API_TYPE, NULL))
        return TRUE;
    g_autoptr(GstCaps) plain = change(caps, drop_feature);
    if (gst_pad_peer_query_accept_caps(base->srcpad, plain))
        gst_pad_push_event(base->srcpad, gst_event_new_caps(plain));
    return FALSE;
}

void nero_attach_add(GstBuffer *buffer, GstVideoOverlayComposition *drawing)
{
    GstVideoOverlayCompositionMeta *meta = gst_buffer_get_video_overlay_composition_meta(buffer);
    if (!meta) {
        gst_buffer_add_video_overlay_composition_meta(buffer, drawing);
    } else {
        GstVideoOverlayComposition *all = gst_video_overlay_composition_copy(meta->overlay);
        for (guint i = 0; i < gst_video_overlay_composition_n_rectangles(drawing); i++)
            gst_video_overlay_composition_add_rectangle(
                all, gst_video_overlay_composition_get_rectangle(drawing, i));
        gst_video_overlay_composition_unref(meta->overlay);
        meta->overlay = all;
    }
    gst_video_overlay_composition_unref(drawing);
}
