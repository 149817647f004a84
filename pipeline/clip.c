// SPDX-License-Identifier: MIT
// A short video of frames that are encoded already: a container and a file in a pipeline of its
// own.
#include "pipeline/clip.h"

#include "pipeline/bus.h"

#include <glib/gstdio.h>
#include <gst/app/gstappsrc.h>

#define CLOSING (10 * GST_SECOND) // longest time to complete the file
#define MOST_BYTES (512u << 20)   // that wait for the disk

struct vp_clip {
    GstElement *pipeline, *source;
    char *path, *part;
    GstClockTime start, base, last; // `base`: of the file's time
    bool any, choked;               // choked: the disk takes too little
};

// The parser that gives the container the form of a format that it wants.
static const char *parser_of(const GstCaps *caps)
{
    static const char *const parsers[][2] = {
        {"video/x-h264", "h264parse ! "},
        {"video/x-h265", "h265parse ! "},
        {"video/mpeg", "mpeg4videoparse ! "},
    };
    const GstStructure *s = gst_caps_get_structure(caps, 0);
    int version = 4;
    for (gsize i = 0; i < G_N_ELEMENTS(parsers); i++)
        if (gst_structure_has_name(s, parsers[i][0]))
            return gst_structure_get_int(s, "mpegversion", &version) && version != 4
                       ? ""
                       : parsers[i][1];
    return "";
}

bool vp_clip_takes(const GstCaps *caps)
{
    g_autoptr(GstElementFactory) f = gst_element_factory_find("matroskamux");
    bool takes = false;
    if (!f || !caps || gst_caps_is_empty(caps) || gst_caps_is_any(caps))
        return false;
    if (*parser_of(caps)) // the parser changes what the container would refuse
        return true;
    for (const GList *t = gst_element_factory_get_static_pad_templates(f); t; t = t->next) {
        GstStaticPadTemplate *pad = t->data;
        g_autoptr(GstCaps) known = gst_static_pad_template_get_caps(pad);
        takes = takes ||
                (pad->direction == GST_PAD_SINK && g_str_has_prefix(pad->name_template, "video") &&
                 gst_caps_can_intersect(known, caps));
    }
    return takes;
}

static void destroy(vp_clip *c)
{
    if (c->pipeline)
        gst_element_set_state(c->pipeline, GST_STATE_NULL);
    gst_clear_object(&c->source);
    gst_clear_object(&c->pipeline);
    g_free(c->path);
    g_free(c->part);
    g_free(c);
}

nn_status vp_clip_open(vp_clip **out, const char *path, GstCaps *caps, nn_error *err)
{
    GError *error = NULL;
    vp_clip *c = g_new0(vp_clip, 1);
    *out = NULL;
    c->path = g_strdup(path);
    c->part = g_strconcat(path, ".part", NULL);
    g_autofree char *text = g_strdup_printf(
        "appsrc name=frames format=time max-bytes=0 max-buffers=0 max-time=0 ! %smatroskamux ! "
        "filesink name=file async=false",
        parser_of(caps));
    c->pipeline = gst_parse_launch(text, &error);
    if (error) {
        nn_fail(err, NN_EUNSUPPORTED,
                "cannot write clips: %s; install gstreamer1.0-plugins-good and -bad",
                error->message);
        g_clear_error(&error);
        destroy(c);
        return NN_EUNSUPPORTED;
    }
    c->source = gst_bin_get_by_name(GST_BIN(c->pipeline), "frames");
    g_autoptr(GstElement) file = gst_bin_get_by_name(GST_BIN(c->pipeline), "file");
    g_object_set(file, "location", c->part, NULL);
    gst_app_src_set_caps(GST_APP_SRC(c->source), caps);
    if (gst_element_set_state(c->pipeline, GST_STATE_PLAYING) == GST_STATE_CHANGE_FAILURE) {
        nn_fail(err, NN_EIO, "cannot write the clip '%s'", c->part);
        destroy(c);
        return NN_EIO;
    }
    *out = c;
    return NN_OK;
}

void vp_clip_push(vp_clip *c, const vp_encoded *frame)
{
    const GstClockTime pts = GST_BUFFER_PTS(frame->buffer), dts = GST_BUFFER_DTS(frame->buffer);
    const bool both = GST_CLOCK_TIME_IS_VALID(pts) && GST_CLOCK_TIME_IS_VALID(dts) && dts <= pts;
    const GstClockTime ahead = both ? MIN(pts - dts, frame->time) : 0; // decoded before it is shown
    if (!c->any) {
        c->start = c->last = frame->time;
        c->base = frame->time - ahead;
    }
    c->choked =
        c->choked || gst_app_src_get_current_level_bytes(GST_APP_SRC(c->source)) > MOST_BYTES;
    if (frame->time < c->start || c->choked)
        return; // it is shown before the key frame, and needs frames before that
    c->any = true;
    c->last = MAX(c->last, frame->time);
    GstBuffer *buffer = gst_buffer_copy(frame->buffer);
    GST_BUFFER_PTS(buffer) = frame->time - c->base;
    GST_BUFFER_DTS(buffer) = both && frame->time - ahead >= c->base ? frame->time - ahead - c->base
                                                                    : GST_CLOCK_TIME_NONE;
    gst_app_src_push_buffer(GST_APP_SRC(c->source), buffer);
}

GstClockTime vp_clip_start(const vp_clip *c)
{
    return c->start;
}

GstClockTime vp_clip_duration(const vp_clip *c)
{
    return c->last - c->start;
}

nn_status vp_clip_close(vp_clip *c, nn_error *err)
{
    nn_status status = NN_OK;
    char why[160] = "its pipeline does not end";
    const bool choked = c->choked;
    g_autoptr(GstBus) bus = gst_element_get_bus(c->pipeline);
    gst_app_src_end_of_stream(GST_APP_SRC(c->source));
    GstMessage *m = gst_bus_timed_pop_filtered(bus, CLOSING, GST_MESSAGE_ERROR | GST_MESSAGE_EOS);
    if (m && GST_MESSAGE_TYPE(m) == GST_MESSAGE_ERROR)
        vp_bus_reason(m, why, sizeof why);
    if (!m || GST_MESSAGE_TYPE(m) == GST_MESSAGE_ERROR)
        status = nn_fail(err, NN_EIO, "the clip '%s' could not be completed: %s", c->path, why);
    g_clear_pointer(&m, gst_message_unref);
    gst_element_set_state(c->pipeline, GST_STATE_NULL);
    if (status == NN_OK && choked)
        status = nn_fail(err, NN_EIO, "the disk is too slow for the clip '%s'", c->path);
    if (status == NN_OK && g_rename(c->part, c->path) != 0)
        status = nn_fail(err, NN_EIO, "cannot rename '%s'", c->part);
    destroy(c);
    return status;
}
