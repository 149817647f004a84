// SPDX-License-Identifier: MIT
// Error messages about caps: which element refuses them, and what helps.
#include "plugins/common/negotiation.h"
#include "po/translate.h"

#define REFUSED "nero-refused-caps" // key of the text of the last refused caps

static gboolean is_flushing(GstPad *pad)
{
    GST_OBJECT_LOCK(pad);
    const gboolean flushing = GST_PAD_IS_FLUSHING(pad);
    GST_OBJECT_UNLOCK(pad);
    return flushing;
}

// "NV12 640x480" of raw video, the media type of others.
static char *name_caps(const GstCaps *caps)
{
    GstVideoInfo info;
    if (gst_caps_is_fixed(caps) && gst_video_info_from_caps(&info, caps) &&
        GST_VIDEO_INFO_FORMAT(&info) != GST_VIDEO_FORMAT_ENCODED) {
        const GstCapsFeatures *features = gst_caps_get_features(caps, 0);
        const char *memory = gst_caps_features_get_size(features) > 0
                                 ? gst_caps_features_get_nth(features, 0)
                                 : GST_CAPS_FEATURE_MEMORY_SYSTEM_MEMORY;
        const gboolean usual = !strcmp(memory, GST_CAPS_FEATURE_MEMORY_SYSTEM_MEMORY);
        return g_strdup_printf("%s %dx%d%s%s", GST_VIDEO_INFO_NAME(&info), info.width, info.height,
                               usual ? "" : " in ", usual ? "" : memory);
    }
    return g_strdup(gst_caps_get_size(caps) > 0
                        ? gst_structure_get_name(gst_caps_get_structure(caps, 0))
                        : "nothing");
}

// Whether these caps were not refused before: upstream tries again with every frame, but one error
// is enough.
static gboolean is_new(GstBaseTransform *base, const GstCaps *caps)
{
    g_autofree char *text = gst_caps_to_string(caps);
    const char *told = g_object_get_data(G_OBJECT(base), REFUSED);
    if (told && !strcmp(told, text))
        return FALSE;
    g_object_set_data_full(G_OBJECT(base), REFUSED, g_steal_pointer(&text), g_free);
    return TRUE;
}

// The element that makes raw video in the processor's memory of these caps; NULL when they are that
// already.
static const char *find_converter(const GstCaps *caps)
{
    static const struct {
        const char *feature, *element;
    } table[] = {
        {"memory:GLMemory", "gldownload"},        {"memory:VAMemory", "vapostproc"},
        {"memory:VASurface", "vaapipostproc"},    {"memory:DMABuf", "vapostproc or v4l2convert"},
        {"memory:CUDAMemory", "cudadownload"},    {"memory:NVMM", "nvvideoconvert"},
        {"memory:VulkanImage", "vulkandownload"},
    };
    if (gst_caps_get_size(caps) < 1)
        return NULL;
    if (!gst_structure_has_name(gst_caps_get_structure(caps, 0), "video/x-raw"))
        return "a decoder (decodebin) and videoconvert";
    const GstCapsFeatures *features = gst_caps_get_features(caps, 0);
    for (gsize i = 0; i < G_N_ELEMENTS(table); i++)
        if (gst_caps_features_contains(features, table[i].feature))
            return table[i].element;
    return NULL;
}

static void tell_refusal(GstBaseTransform *base, GstCaps *caps, nero_takes_format *takes,
                         const char *verb)
{
    GstVideoInfo info;
    g_autofree char *name = name_caps(caps);
    const char *converter = find_converter(caps);
    if (!converter && gst_video_info_from_caps(&info, caps) && takes(info.finfo))
        GST_ELEMENT_ERROR(
            base, CORE, NEGOTIATION,
            (_("What follows does not take %s; put videoconvert behind this element"), name),
            ("%" GST_PTR_FORMAT, caps));
    else
        GST_ELEMENT_ERROR(base, STREAM, FORMAT,
                          (_("Cannot %s %s; put %s before this element"), _(verb), name,
                           converter ? converter : "videoconvert"),
                          ("%" GST_PTR_FORMAT, caps));
}

typedef struct Watch {
    nero_takes_format *takes;
    const char *verb;
} Watch;

static GstPadProbeReturn look_at_caps(GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
    const Watch *w = data;
    GstCaps *caps;
    if (GST_EVENT_TYPE(GST_PAD_PROBE_INFO_EVENT(info)) != GST_EVENT_CAPS)
        return GST_PAD_PROBE_OK;
    gst_event_parse_caps(GST_PAD_PROBE_INFO_EVENT(info), &caps);
    g_autoptr(GstCaps) template = gst_pad_get_pad_template_caps(pad);
    g_autoptr(GstElement) element = gst_pad_get_parent_element(pad);
    if (element && !gst_caps_can_intersect(caps, template) &&
        is_new(GST_BASE_TRANSFORM(element), caps))
        tell_refusal(GST_BASE_TRANSFORM(element), caps, w->takes, w->verb);
    return GST_PAD_PROBE_OK;
}

void nero_watch_caps(GstBaseTransform *base, nero_takes_format *takes, const char *verb)
{
    Watch *w = g_new(Watch, 1);
    *w = (Watch){takes, verb};
    gst_pad_add_probe(base->sinkpad, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, look_at_caps, w, g_free);
}

gboolean nero_sink_event(GstBaseTransformClass *parent, GstBaseTransform *base, GstEvent *event,
                         nero_takes_format *takes, const char *verb)
{
    g_autoptr(GstCaps) caps = NULL;
    if (GST_EVENT_TYPE(event) == GST_EVENT_CAPS) {
        gst_event_parse_caps(event, &caps);
        gst_caps_ref(caps);
    }
    const gboolean taken = parent->sink_event(base, event);
    if (caps && taken)
        g_object_set_data(G_OBJECT(base), REFUSED, NULL);
    if (taken)
        return TRUE;
    if (caps && !is_flushing(base->sinkpad) && !is_flushing(base->srcpad) && is_new(base, caps))
        tell_refusal(base, caps, takes, verb);
    return FALSE;
}

GstFlowReturn nero_submit_input(GstBaseTransformClass *parent, GstBaseTransform *base,
                                gboolean discont, GstBuffer *buffer)
{
    const GstFlowReturn ret = parent->submit_input_buffer(base, discont, buffer);
    if (ret != GST_FLOW_NOT_NEGOTIATED)
        return ret;
    g_autoptr(GstCaps) caps = gst_pad_get_current_caps(base->sinkpad);
    g_autofree char *name = caps ? name_caps(caps) : NULL;
    if (caps)
        GST_ELEMENT_ERROR(
            base, CORE, NEGOTIATION,
            (_("What follows does not take %s; put videoconvert behind this element"), name),
            ("%" GST_PTR_FORMAT, caps));
    else if (!caps)
        GST_ELEMENT_ERROR(base, CORE, NEGOTIATION, (_("A frame came before its caps")), (NULL));
    return ret;
}
