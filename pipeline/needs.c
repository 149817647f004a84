// SPDX-License-Identifier: MIT
// Kinds of input and output, each with its elements and the Debian 12 package that has them.
#include "pipeline/needs.h"

#include "pipeline/start.h"

#include <gst/gst.h>
#include <string.h>

#define BASE "gstreamer1.0-plugins-base"
#define GOOD "gstreamer1.0-plugins-good"
#define BAD "gstreamer1.0-plugins-bad"
#define UGLY "gstreamer1.0-plugins-ugly"
#define LIBAV "gstreamer1.0-libav"
#define CORE "libgstreamer1.0-0"
#define OWN "gstreamer1.0-neroscale"
#define DISPLAY "gstreamer1.0-neroscale-display"

static const vp_need needs[] = {
    {VP_NEED_OWN, "inference", true, "neroinfer nerotrack neroanalytics", NULL, OWN},
    {VP_NEED_OWN, "inner view", false, "neroview", NULL, OWN},
    {VP_NEED_OWN, "enlarging", false, "neroupscale", NULL, OWN},
    {VP_NEED_OWN, "JSON, MQTT, Kafka", false, "neropublish", NULL, OWN},
    {VP_NEED_OWN, "drawing", false, "nerooverlay", NULL, DISPLAY},
    {VP_NEED_OWN, "window", false, "nerosink", NULL, DISPLAY},
    {VP_NEED_CORE, "pipelines", true, "queue tee identity fakesink", NULL, CORE},
    {VP_NEED_CORE, "decoding", true, "uridecodebin decodebin typefind", NULL, BASE},
    {VP_NEED_CORE, "pixels", true, "videoconvert videoscale appsrc appsink", NULL, BASE},
    {VP_NEED_CORE, "orientation", true, "videoflip", NULL, GOOD},
    {VP_NEED_CORE, "several inputs", false, "compositor", NULL, BASE},
    {VP_NEED_SOURCE, "files", true, "filesrc", NULL, CORE},
    {VP_NEED_SOURCE, "test picture", false, "videotestsrc", NULL, BASE},
    {VP_NEED_SOURCE, "cameras (V4L2)", false, "v4l2src", NULL, GOOD},
    {VP_NEED_SOURCE, "cameras (RTSP)", false,
     "rtspsrc rtpjitterbuffer udpsrc rtph264depay rtph265depay rtpjpegdepay", NULL, GOOD},
    {VP_NEED_SOURCE, "HTTP", false, "souphttpsrc|curlhttpsrc", NULL, GOOD},
    {VP_NEED_SOURCE, "motion JPEG", false, "multipartdemux", NULL, GOOD},
    {VP_NEED_SOURCE, "HLS", false, "hlsdemux|hlsdemux2", NULL, BAD},
    {VP_NEED_SOURCE, "SRT", false, "srtsrc tsdemux", NULL, BAD},
    {VP_NEED_SOURCE, "PipeWire", false, "pipewiresrc", NULL, "gstreamer1.0-pipewire"},
    {VP_NEED_SOURCE, "RTMP", false, "rtmp2src|rtmpsrc flvdemux", NULL, BAD},
    {VP_NEED_FORMAT, "MP4, MOV", false, "qtdemux", NULL, GOOD},
    {VP_NEED_FORMAT, "Matroska, WebM", false, "matroskademux", NULL, GOOD},
    {VP_NEED_FORMAT, "AVI", false, "avidemux", NULL, GOOD},
    {VP_NEED_FORMAT, "MPEG-TS", false, "tsdemux", NULL, BAD},
    {VP_NEED_FORMAT, "H.264", false, NULL, "video/x-h264", LIBAV},
    {VP_NEED_FORMAT, "H.265", false, NULL, "video/x-h265", LIBAV},
    {VP_NEED_FORMAT, "MPEG-4", false, NULL, "video/mpeg,mpegversion=4", LIBAV},
    {VP_NEED_FORMAT, "VP8", false, NULL, "video/x-vp8,codec-alpha=false", GOOD},
    {VP_NEED_FORMAT, "VP9", false, NULL, "video/x-vp9,codec-alpha=false", GOOD},
    {VP_NEED_FORMAT, "AV1", false, NULL, "video/x-av1", BAD},
    {VP_NEED_FORMAT, "JPEG", false, NULL, "image/jpeg", GOOD},
    {VP_NEED_RECORD, "H.264", false, "x264enc|openh264enc h264parse", NULL, UGLY " " BAD},
    {VP_NEED_RECORD, "MP4", false, "mp4mux", NULL, GOOD},
    {VP_NEED_RECORD, "Matroska", false, "matroskamux", NULL, GOOD},
};

const vp_need *vp_need_at(int i)
{
    return i >= 0 && (size_t)i < G_N_ELEMENTS(needs) ? &needs[i] : NULL;
}

// Whether an element is registered and its plug-in loads.
static bool loads(const char *name)
{
    g_autoptr(GstElementFactory) f = gst_element_factory_find(name);
    g_autoptr(GstPluginFeature) loaded = f ? gst_plugin_feature_load(GST_PLUGIN_FEATURE(f)) : NULL;
    return loaded != NULL;
}

// The first of "a|b" that loads (g_free).
static char *one_of(const char *names)
{
    g_auto(GStrv) list = g_strsplit(names, "|", -1);
    for (char **name = list; *name; name++)
        if (loads(*name))
            return g_strdup(*name);
    return NULL;
}

static char *find_elements(const vp_need *need, nn_error *err)
{
    g_auto(GStrv) groups = g_strsplit(need->elements, " ", -1);
    g_autoptr(GString) found = g_string_new(NULL);
    for (char **group = groups; *group; group++) {
        g_autofree char *name = one_of(*group);
        if (!name) {
            g_strdelimit(*group, "|", '/');
            nn_fail(err, NN_EUNSUPPORTED, "no element %s", *group);
            return NULL;
        }
        g_string_append_printf(found, "%s%s", found->len ? " " : "", name);
    }
    return g_string_free(g_steal_pointer(&found), FALSE);
}

// The decoder of highest rank that decodebin would take and that loads.
static char *find_decoder(const vp_need *need, nn_error *err)
{
    g_autoptr(GstCaps) caps = gst_caps_from_string(need->caps);
    GList *all =
        gst_element_factory_list_get_elements(GST_ELEMENT_FACTORY_TYPE_DECODER, GST_RANK_MARGINAL);
    GList *fit = gst_element_factory_list_filter(all, caps, GST_PAD_SINK, FALSE);
    char *found = NULL;
    fit = g_list_sort(fit, gst_plugin_feature_rank_compare_func);
    for (GList *f = fit; f && !found; f = f->next)
        if (loads(gst_plugin_feature_get_name(f->data)))
            found = g_strdup(gst_plugin_feature_get_name(f->data));
    gst_plugin_feature_list_free(fit);
    gst_plugin_feature_list_free(all);
    if (!found)
        nn_fail(err, NN_EUNSUPPORTED, "no decoder");
    return found;
}

char *vp_need_found(const vp_need *need, nn_error *err)
{
    if (!need->elements)
        return find_decoder(need, err);
    if (need->kind == VP_NEED_OWN)
        vp_start_elements(need->elements);
    return find_elements(need, err);
}

char *vp_plugins_given_up(void)
{
    g_autoptr(GString) names = g_string_new(NULL);
    GList *all = gst_registry_get_plugin_list(gst_registry_get());
    for (GList *p = all; p; p = p->next)
        if (GST_OBJECT_FLAG_IS_SET(p->data, GST_PLUGIN_FLAG_BLACKLISTED)) {
            g_autofree char *base = g_path_get_basename(gst_plugin_get_filename(p->data));
            g_string_append_printf(names, "%s%s", names->len ? " " : "", base);
        }
    gst_plugin_list_free(all);
    return names->len ? g_string_free(g_steal_pointer(&names), FALSE) : NULL;
}
