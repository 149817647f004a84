// SPDX-License-Identifier: MIT
// Reads what neroinfer found from the buffers of a pipeline: read_detections MODEL FILE
// cc read_detections.c $(pkg-config --cflags --libs neroscale-meta gstreamer-app-1.0)
#include <gst/app/gstappsink.h>
#include <plugins/meta/nerometa.h>

static void print_detections(GstBuffer *buffer)
{
    NeroMeta *meta = nero_meta_get(buffer);
    if (!meta)
        return;
    const nn_result *found = nero_meta_result(meta);
    for (int i = 0; i < found->count; i++) {
        const nn_box *b = &found->boxes[i];
        g_print("%" GST_TIME_FORMAT " %s %.2f at %.0f,%.0f\n",
                GST_TIME_ARGS(GST_BUFFER_PTS(buffer)),
                nero_labels_name(nero_meta_labels(meta), b->label), b->score, b->x0, b->y0);
    }
}

int main(int argc, char **argv)
{
    GError *error = NULL;
    gst_init(&argc, &argv);
    if (argc != 3)
        g_error("read_detections MODEL FILE");
    GstElement *pipeline =
        gst_parse_launch("filesrc name=file ! decodebin ! videoconvert ! neroinfer name=infer ! "
                         "appsink name=frames sync=false",
                         &error);
    if (error)
        g_error("%s", error->message);
    GstElement *file = gst_bin_get_by_name(GST_BIN(pipeline), "file");
    GstElement *infer = gst_bin_get_by_name(GST_BIN(pipeline), "infer");
    GstElement *frames = gst_bin_get_by_name(GST_BIN(pipeline), "frames");
    g_object_set(infer, "model", argv[1], NULL);
    g_object_set(file, "location", argv[2], NULL);
    GstBus *bus = gst_element_get_bus(pipeline);
    GstMessage *failed = NULL;
    gst_element_set_state(pipeline, GST_STATE_PLAYING);
    while (!failed && !gst_app_sink_is_eos(GST_APP_SINK(frames))) {
        GstSample *s = gst_app_sink_try_pull_sample(GST_APP_SINK(frames), GST_SECOND / 10);
        if (s)
            print_detections(gst_sample_get_buffer(s));
        g_clear_pointer(&s, gst_sample_unref);
        failed = gst_bus_pop_filtered(bus, GST_MESSAGE_ERROR);
    }
    if (failed) {
        gst_message_parse_error(failed, &error, NULL);
        g_printerr("%s\n", error->message);
        g_error_free(error);
        gst_message_unref(failed);
    }
    gst_object_unref(bus);
    gst_element_set_state(pipeline, GST_STATE_NULL);
    gst_object_unref(frames);
    gst_object_unref(infer);
    gst_object_unref(file);
    gst_object_unref(pipeline);
    return failed != NULL;
}
