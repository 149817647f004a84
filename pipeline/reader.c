// SPDX-License-Identifier: MIT
// Sequential frame reader: decoder, RGB conversion and an appsink that waits for its caller.
#include "pipeline/reader.h"

#include "pipeline/bus.h"
#include "pipeline/input.h"
#include "pipeline/source.h"
#include "pipeline/start.h"

#include <gst/app/gstappsink.h>
#include <gst/video/video.h>

struct vp_reader {
    vp_input input;
    vp_bus_notes notes;
    GstElement *pipeline, *sink;
    GstSample *sample; // holds the last frame that was returned
    GstVideoFrame frame;
    int64_t time; // time of that frame; -1: unknown
};

static nn_status build(vp_reader *r, int width, int height, nn_error *err)
{
    GError *error = NULL;
    g_autofree char *size =
        width > 0 ? g_strdup_printf(",width=%d,height=%d", width, height) : g_strdup("");
    g_autofree char *text = g_strdup_printf(
        "queue name=head max-size-buffers=4 max-size-bytes=0 max-size-time=0 ! videoconvert ! "
        "videoflip video-direction=auto qos=false ! "
        "videoscale add-borders=false ! video/x-raw,format=RGB%s ! appsink name=sink sync=false "
        "max-buffers=2 enable-last-sample=false",
        size);
    r->pipeline = gst_parse_launch(text, &error);
    if (error) {
        nn_fail(err, NN_EUNSUPPORTED,
                "cannot build the reader: %s; install gstreamer1.0-plugins-base", error->message);
        g_clear_error(&error);
        return NN_EUNSUPPORTED;
    }
    r->sink = gst_bin_get_by_name(GST_BIN(r->pipeline), "sink");
    g_autoptr(GstElement) head = gst_bin_get_by_name(GST_BIN(r->pipeline), "head");
    r->notes.head = head; // kept alive by the pipeline
    GstElement *source = vp_source_new(&r->input, 1, err);
    if (!source)
        return NN_EUNSUPPORTED;
    return vp_source_attach(source, GST_BIN(r->pipeline), head, err);
}

static nn_status check_size(int width, int height, nn_error *err)
{
    bool kept = width == 0 && height == 0;
    if (!kept && (width < 1 || height < 1 || width > 16384 || height > 16384))
        return nn_fail(err, NN_EINVAL, "a frame size of %dx%d is not possible", width, height);
    return NN_OK;
}

nn_status vp_reader_open(vp_reader **out, const char *input, int width, int height, nn_error *err)
{
    *out = NULL;
    nn_status status = check_size(width, height, err);
    if (status == NN_OK)
        status = vp_start(err);
    if (status != NN_OK)
        return status;
    vp_reader *r = g_new0(vp_reader, 1);
    status = vp_input_parse(&r->input, input, err);
    if (status == NN_OK)
        status = build(r, width, height, err);
    if (status == NN_OK &&
        gst_element_set_state(r->pipeline, GST_STATE_PLAYING) == GST_STATE_CHANGE_FAILURE) {
        GstMessage *m = vp_bus_find_error(&r->notes, r->pipeline, 0);
        status = m ? vp_bus_error(&r->notes, m, r->input.text, err)
                   : nn_fail(err, NN_EIO, "'%s' cannot be played", r->input.text);
        g_clear_pointer(&m, gst_message_unref);
    }
    if (status != NN_OK) {
        vp_reader_close(r);
        return status;
    }
    *out = r;
    return NN_OK;
}

static void drop_frame(vp_reader *r)
{
    if (!r->sample)
        return;
    gst_video_frame_unmap(&r->frame);
    g_clear_pointer(&r->sample, gst_sample_unref);
}

static int give_frame(vp_reader *r, GstSample *sample, nn_frame *frame, nn_error *err)
{
    GstVideoInfo info;
    if (!gst_video_info_from_caps(&info, gst_sample_get_caps(sample)) ||
        !gst_video_frame_map(&r->frame, &info, gst_sample_get_buffer(sample), GST_MAP_READ)) {
        gst_sample_unref(sample);
        nn_fail(err, NN_EIO, "'%s': a decoded frame cannot be read", r->input.text);
        return -1;
    }
    r->sample = sample;
    const guint64 time = gst_segment_to_stream_time(gst_sample_get_segment(sample), GST_FORMAT_TIME,
                                                    GST_BUFFER_PTS(r->frame.buffer));
    r->time = time == GST_CLOCK_TIME_NONE ? -1 : (int64_t)time;
    *frame = (nn_frame){.format = NN_PIXEL_RGB,
                        .width = GST_VIDEO_FRAME_WIDTH(&r->frame),
                        .height = GST_VIDEO_FRAME_HEIGHT(&r->frame)};
    frame->plane[0] = GST_VIDEO_FRAME_PLANE_DATA(&r->frame, 0);
    frame->stride[0] = GST_VIDEO_FRAME_PLANE_STRIDE(&r->frame, 0);
    return 1;
}

int vp_reader_next(vp_reader *r, nn_frame *frame, nn_error *err)
{
    drop_frame(r);
    for (;;) {
        GstSample *sample = gst_app_sink_try_pull_sample(GST_APP_SINK(r->sink), GST_SECOND / 10);
        if (sample)
            return give_frame(r, sample, frame, err);
        // Read before the bus: an error is posted before the end of stream that follows it.
        bool ended = gst_app_sink_is_eos(GST_APP_SINK(r->sink));
        GstMessage *m = vp_bus_find_error(&r->notes, r->pipeline, 0);
        if (m) {
            vp_bus_error(&r->notes, m, r->input.text, err);
            gst_message_unref(m);
            return -1;
        }
        if (ended)
            return 0;
    }
}

double vp_reader_rate(const vp_reader *r)
{
    const GstVideoInfo *info = &r->frame.info;
    return r->sample && info->fps_d > 0 ? (double)info->fps_n / info->fps_d : 0;
}

int64_t vp_reader_length(const vp_reader *r)
{
    gint64 ns = 0;
    if (!r->sample || !gst_element_query_duration(r->pipeline, GST_FORMAT_TIME, &ns) || ns <= 0)
        return 0;
    return (int64_t)((double)ns * 1e-9 * vp_reader_rate(r) + 0.5);
}

int64_t vp_reader_time(const vp_reader *r)
{
    return r->time;
}

nn_status vp_reader_seek(vp_reader *r, int64_t time, nn_error *err)
{
    drop_frame(r);
    if (gst_element_seek_simple(r->pipeline, GST_FORMAT_TIME,
                                GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_ACCURATE, time))
        return NN_OK;
    return nn_fail(err, NN_EUNSUPPORTED, "'%s' cannot seek", r->input.text);
}

void vp_reader_close(vp_reader *r)
{
    if (!r)
        return;
    drop_frame(r);
    if (r->pipeline)
        gst_element_set_state(r->pipeline, GST_STATE_NULL);
    gst_clear_object(&r->sink);
    gst_clear_object(&r->pipeline);
    vp_input_release(&r->input);
    g_free(r);
}
