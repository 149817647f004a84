// SPDX-License-Identifier: MIT
// Copies frames from the pad of the window into a pipeline that draws and records them.
#include "pipeline/window_record.h"

#include "pipeline/recorder.h"
#include "pipeline/start.h"

#include <glib/gstdio.h>
#include <gst/app/gstappsrc.h>
#include <unistd.h>

struct vp_window_record {
    GstElement *pipeline, *frames;
    GstPad *pad;
    gulong probe;
    vp_recorder *recorder;
    char *path;
};

static char *new_path(void)
{
    const char *videos = g_get_user_special_dir(G_USER_DIRECTORY_VIDEOS);
    g_autoptr(GDateTime) now = g_date_time_new_now_local();
    g_autofree char *name = g_date_time_format(now, "neroscale-%Y%m%d-%H%M%S.mkv");
    const gboolean there = videos && g_file_test(videos, G_FILE_TEST_IS_DIR);
    return there ? g_build_filename(videos, name, NULL) : g_strdup(name);
}

// The time in the file is when a frame was shown.
static GstPadProbeReturn take(GstPad *pad, GstPadProbeInfo *info, gpointer frames)
{
    GstBuffer *frame = gst_buffer_copy(GST_PAD_PROBE_INFO_BUFFER(info));
    g_autoptr(GstCaps) caps = gst_pad_get_current_caps(pad);
    GST_BUFFER_PTS(frame) = GST_BUFFER_DTS(frame) = GST_BUFFER_DURATION(frame) =
        GST_CLOCK_TIME_NONE;
    g_autoptr(GstSample) sample = gst_sample_new(frame, caps, NULL, NULL);
    gst_buffer_unref(frame);
    if (caps)
        gst_app_src_push_sample(frames, sample);
    return GST_PAD_PROBE_OK;
}

static nn_status build(vp_window_record *r, nn_error *err)
{
    GError *error = NULL;
    g_autofree char *text = g_strdup_printf(
        "appsrc name=frames is-live=true do-timestamp=true format=time max-buffers=4 max-bytes=0 "
        "leaky-type=downstream ! nerooverlay ! %s",
        vp_recorder_branch);
    vp_start_elements(text);
    nn_status status = vp_recorder_new(&r->recorder, r->path, err);
    if (status != NN_OK)
        return status;
    r->pipeline = gst_parse_launch(text, &error);
    if (error) {
        nn_fail(err, NN_EUNSUPPORTED, "cannot record: %s", error->message);
        g_clear_error(&error);
        return NN_EUNSUPPORTED;
    }
    r->frames = gst_bin_get_by_name(GST_BIN(r->pipeline), "frames");
    status = vp_recorder_attach(r->recorder, r->pipeline, err);
    if (status == NN_OK &&
        gst_element_set_state(r->pipeline, GST_STATE_PLAYING) == GST_STATE_CHANGE_FAILURE)
        return nn_fail(err, NN_EIO, "cannot record: its pipeline does not start");
    return status;
}

static void release(vp_window_record *r)
{
    if (r->pipeline)
        gst_element_set_state(r->pipeline, GST_STATE_NULL);
    gst_clear_object(&r->frames);
    gst_clear_object(&r->pipeline);
    gst_clear_object(&r->pad);
    vp_recorder_free(r->recorder);
    g_free(r->path);
    g_free(r);
}

nn_status vp_window_record_start(vp_window_record **out, GstElement *view, nn_error *err)
{
    vp_window_record *r = g_new0(vp_window_record, 1);
    *out = NULL;
    r->path = new_path();
    const nn_status status = build(r, err);
    if (status != NN_OK) {
        release(r);
        return status;
    }
    r->pad = gst_element_get_static_pad(view, "sink");
    r->probe = gst_pad_add_probe(r->pad, GST_PAD_PROBE_TYPE_BUFFER, take,
                                 gst_object_ref(r->frames), gst_object_unref);
    *out = r;
    return NN_OK;
}

const char *vp_window_record_path(const vp_window_record *r)
{
    return r->path;
}

bool vp_window_record_ended(vp_window_record *r, nn_error *why)
{
    bool any;
    return r && vp_recorder_watch(r->recorder, &any, why);
}

nn_status vp_window_record_end(vp_window_record **out, nn_error *err)
{
    vp_window_record *r = *out;
    g_autofree char *left = NULL;
    if (!r)
        return NN_OK;
    *out = NULL;
    gst_pad_remove_probe(r->pad, r->probe); // a frame may still be taken, so it has its reference
    gst_app_src_end_of_stream(GST_APP_SRC(r->frames));
    g_autoptr(GstBus) bus = gst_element_get_bus(r->pipeline);
    g_autoptr(GstMessage) end =
        gst_bus_timed_pop_filtered(bus, 5 * GST_SECOND, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
    (void)end; // what has not come by now is left out
    nn_status status = vp_recorder_finish(r->recorder, true, &left, err);
    if (status == NN_OK && !left && g_access(r->path, F_OK) != 0)
        status = nn_fail(err, NN_EIO, "no frame came");
    release(r);
    return status;
}
