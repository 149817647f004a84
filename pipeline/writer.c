// SPDX-License-Identifier: MIT
// A source that is fed by its caller, in front of the recorder.
#include "pipeline/writer.h"

#include "pipeline/bus.h"
#include "pipeline/recorder.h"
#include "pipeline/start.h"

#include <gst/app/gstappsrc.h>
#include <string.h>

#define CLOSING (30 * GST_SECOND)

struct vp_writer {
    vp_recorder *recorder;
    GstElement *pipeline, *source;
    size_t row, stride, rows;  // bytes of a row of the caller's and of GStreamer's frames
    int64_t frames, last, gap; // nanoseconds: time of the last frame, and of a frame
};

static nn_status build(vp_writer *w, const char *path, int width, int height, double rate,
                       nn_error *err)
{
    GError *error = NULL;
    gint n = 25, d = 1;
    nn_status status = vp_recorder_new(&w->recorder, path, err);
    if (status != NN_OK)
        return status;
    if (rate > 0)
        gst_util_double_to_fraction(rate, &n, &d);
    w->row = 3 * (size_t)width;
    w->stride = GST_ROUND_UP_4(w->row);
    w->rows = (size_t)height;
    w->gap = (int64_t)gst_util_uint64_scale_int(GST_SECOND, d, n);
    g_autofree char *text = g_strdup_printf(
        "appsrc name=in format=time block=true max-buffers=2 max-bytes=0 max-time=0 "
        "caps=video/x-raw,format=RGB,width=%d,height=%d,framerate=%d/%d ! %s",
        width, height, n, d, vp_recorder_branch);
    w->pipeline = gst_parse_launch(text, &error);
    if (error) {
        nn_fail(err, NN_EUNSUPPORTED,
                "cannot build the recorder: %s; install gstreamer1.0-plugins-base", error->message);
        g_clear_error(&error);
        return NN_EUNSUPPORTED;
    }
    w->source = gst_bin_get_by_name(GST_BIN(w->pipeline), "in");
    status = vp_recorder_attach(w->recorder, w->pipeline, err);
    if (status == NN_OK &&
        gst_element_set_state(w->pipeline, GST_STATE_PLAYING) == GST_STATE_CHANGE_FAILURE)
        status = nn_fail(err, NN_EIO, "%s: the recorder does not start", path);
    return status;
}

nn_status vp_writer_open(vp_writer **out, const char *path, int width, int height, double rate,
                         nn_error *err)
{
    *out = NULL;
    nn_status status = vp_start(err);
    if (status != NN_OK)
        return status;
    vp_writer *w = g_new0(vp_writer, 1);
    status = build(w, path, width, height, rate, err);
    if (status == NN_OK)
        *out = w;
    else
        vp_writer_close(w, status, err);
    return status;
}

// Whether the recording has ended early, and why.
static nn_status check(vp_writer *w, nn_error *err)
{
    bool any;
    nn_error why = {0};
    if (!vp_recorder_watch(w->recorder, &any, &why))
        return NN_OK;
    return nn_fail(err, why.status, "%s", why.text);
}

nn_status vp_writer_add(vp_writer *w, const uint8_t *rgb, int64_t time, nn_error *err)
{
    const nn_status status = check(w, err);
    if (status != NN_OK)
        return status;
    uint8_t *bytes = g_malloc(w->stride * w->rows);
    for (size_t y = 0; y < w->rows; y++)
        memcpy(bytes + y * w->stride, rgb + y * w->row, w->row);
    GstBuffer *buffer = gst_buffer_new_wrapped(bytes, w->stride * w->rows);
    const int64_t next = w->frames++ ? w->last + w->gap : 0;
    w->last = time > w->last || w->frames == 1 ? MAX(time, 0) : next;
    GST_BUFFER_PTS(buffer) = (GstClockTime)w->last;
    GST_BUFFER_DURATION(buffer) = (GstClockTime)w->gap;
    if (gst_app_src_push_buffer(GST_APP_SRC(w->source), buffer) != GST_FLOW_OK)
        return nn_fail(err, NN_EIO, "the recorder takes no more frames");
    return NN_OK;
}

// Waits until the last frame is with the recorder.
static nn_status drain(vp_writer *w, nn_error *err)
{
    vp_bus_notes notes = {0};
    g_autoptr(GstBus) bus = gst_element_get_bus(w->pipeline);
    gst_app_src_end_of_stream(GST_APP_SRC(w->source));
    GstMessage *m = gst_bus_timed_pop_filtered(bus, CLOSING, GST_MESSAGE_ERROR | GST_MESSAGE_EOS);
    if (!m)
        return nn_fail(err, NN_EIO, "the video could not be completed");
    const nn_status status =
        GST_MESSAGE_TYPE(m) == GST_MESSAGE_ERROR ? vp_bus_error(&notes, m, "frames", err) : NN_OK;
    gst_message_unref(m);
    return status;
}

nn_status vp_writer_close(vp_writer *w, nn_status status, nn_error *err)
{
    g_autofree char *left = NULL;
    if (!w)
        return status;
    if (status == NN_OK)
        status = drain(w, err);
    if (status == NN_OK)
        status = check(w, err);
    if (status == NN_OK)
        status = vp_recorder_finish(w->recorder, true, &left, err);
    if (status == NN_OK && left)
        status = nn_fail(err, NN_EIO, "the video stayed under the name %s", left);
    if (w->pipeline)
        gst_element_set_state(w->pipeline, GST_STATE_NULL);
    gst_clear_object(&w->source);
    gst_clear_object(&w->pipeline);
    vp_recorder_free(w->recorder);
    g_free(w);
    return status;
}
