// SPDX-License-Identifier: MIT
// The encoded frames of a run, from the sink pads of video decoders or from an encoder.
#include "pipeline/event_tap.h"

#include "pipeline/clip.h"
#include "pipeline/encoder.h"

#include <gst/app/gstappsink.h>
#include <gst/app/gstappsrc.h>
#include <gst/video/video.h>
#include <string.h>

#define CLOSING (10 * GST_SECOND)

struct vp_event_tap {
    vp_event_frame on_frame;
    void *user;
    GstElement *pipeline; // borrowed
    GstPad *head;         // where raw frames pass
    gulong added, probe;
    bool live;
    gint decoders; // atomic: the source's frames are used; none is encoded
    // Of raw frames; on their streaming thread only.
    GstElement *encoder, *source, *fit;
    GstCaps *raw; // of the last frame
    bool broken;
};

static GstClockTime running_time(GstPad *pad, GstClockTime time)
{
    GstClockTime at = time;
    g_autoptr(GstEvent) event = gst_pad_get_sticky_event(pad, GST_EVENT_SEGMENT, 0);
    const GstSegment *segment = NULL;
    if (event)
        gst_event_parse_segment(event, &segment);
    if (segment && segment->format == GST_FORMAT_TIME && GST_CLOCK_TIME_IS_VALID(time))
        at = gst_segment_to_running_time(segment, GST_FORMAT_TIME, time);
    return at;
}

// --- frames of the source ---

// Copies: a camera has few buffers of its own, and needs them back.
static GstPadProbeReturn take_encoded(GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
    vp_event_tap *t = data;
    GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER(info);
    g_autoptr(GstCaps) caps = gst_pad_get_current_caps(pad);
    if (!caps || !vp_clip_takes(caps))
        return GST_PAD_PROBE_OK;
    g_atomic_int_set(&t->decoders, 1);
    const GstClockTime shown =
        GST_BUFFER_PTS_IS_VALID(buffer) ? GST_BUFFER_PTS(buffer) : GST_BUFFER_DTS(buffer);
    const GstClockTime time = running_time(pad, shown);
    if (GST_CLOCK_TIME_IS_VALID(time))
        t->on_frame(t->user, gst_buffer_copy_deep(buffer), caps, time, false);
    return GST_PAD_PROBE_OK;
}

static void add_element(GstBin *bin, GstBin *sub, GstElement *e, gpointer data)
{
    GstElementFactory *f = gst_element_get_factory(e);
    const char *klass = f ? gst_element_factory_get_metadata(f, GST_ELEMENT_METADATA_KLASS) : NULL;
    (void)bin;
    (void)sub;
    // A clip may begin anywhere, so what a decoder needs to begin must be in the stream.
    if (g_object_class_find_property(G_OBJECT_GET_CLASS(e), "config-interval") && klass &&
        strstr(klass, "Parser"))
        g_object_set(e, "config-interval", -1, NULL);
    g_autoptr(GstPad) pad = gst_element_get_static_pad(e, "sink");
    if (pad && klass && strstr(klass, "Decoder") && !GST_IS_BIN(e) &&
        (strstr(klass, "Video") || strstr(klass, "Image")))
        gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, take_encoded, data, NULL);
}

// --- raw frames ---

static GstFlowReturn take_sample(GstAppSink *sink, gpointer data)
{
    vp_event_tap *t = data;
    GstSample *sample = gst_app_sink_pull_sample(sink);
    if (!sample)
        return GST_FLOW_OK;
    GstBuffer *buffer = gst_sample_get_buffer(sample);
    // Encoders shift times, so that the first time of decoding is not below 0.
    const GstClockTime time = gst_segment_to_running_time(gst_sample_get_segment(sample),
                                                          GST_FORMAT_TIME, GST_BUFFER_PTS(buffer));
    if (!g_atomic_int_get(&t->decoders) && GST_CLOCK_TIME_IS_VALID(time))
        t->on_frame(t->user, gst_buffer_ref(buffer), gst_sample_get_caps(sample), time, true);
    gst_sample_unref(sample);
    return GST_FLOW_OK;
}

static nn_status open_encoder(vp_event_tap *t, nn_error *err)
{
    GError *error = NULL;
    g_autofree char *encoder = vp_encoder_for_clips(err);
    if (!encoder)
        return NN_EUNSUPPORTED;
    g_autofree char *text = g_strdup_printf(
        "appsrc name=frames format=time max-buffers=4 max-bytes=0 max-time=0 %s ! videoconvert ! "
        "videoscale ! capsfilter name=fit ! %s ! appsink name=out sync=false async=false",
        t->live ? "leaky-type=downstream" : "block=true", encoder);
    t->encoder = gst_parse_launch(text, &error);
    if (error) {
        nn_fail(err, NN_EUNSUPPORTED, "cannot encode clips: %s", error->message);
        g_clear_error(&error);
        return NN_EUNSUPPORTED;
    }
    t->source = gst_bin_get_by_name(GST_BIN(t->encoder), "frames");
    t->fit = gst_bin_get_by_name(GST_BIN(t->encoder), "fit");
    g_autoptr(GstElement) out = gst_bin_get_by_name(GST_BIN(t->encoder), "out");
    GstAppSinkCallbacks callbacks = {.new_sample = take_sample};
    gst_app_sink_set_callbacks(GST_APP_SINK(out), &callbacks, t, NULL);
    return gst_element_set_state(t->encoder, GST_STATE_PLAYING) == GST_STATE_CHANGE_FAILURE
               ? nn_fail(err, NN_EUNSUPPORTED, "the encoder of clips does not start")
               : NN_OK;
}

static void set_raw_caps(vp_event_tap *t, GstCaps *caps)
{
    GstVideoInfo info;
    if ((t->raw && gst_caps_is_equal(t->raw, caps)) || !gst_video_info_from_caps(&info, caps))
        return;
    g_autoptr(GstCaps) fixed =
        gst_caps_new_simple("video/x-raw", "format", G_TYPE_STRING, "I420", "width", G_TYPE_INT,
                            vp_encoder_size(GST_VIDEO_INFO_WIDTH(&info)), "height", G_TYPE_INT,
                            vp_encoder_size(GST_VIDEO_INFO_HEIGHT(&info)), NULL);
    g_object_set(t->fit, "caps", fixed, NULL);
    gst_app_src_set_caps(GST_APP_SRC(t->source), caps);
    gst_caps_replace(&t->raw, caps);
}

static GstPadProbeReturn take_raw(GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
    vp_event_tap *t = data;
    nn_error ignored;
    if (g_atomic_int_get(&t->decoders) || t->broken)
        return GST_PAD_PROBE_OK;
    g_autoptr(GstCaps) caps = gst_pad_get_current_caps(pad);
    const GstClockTime time = running_time(pad, GST_BUFFER_PTS(GST_PAD_PROBE_INFO_BUFFER(info)));
    if (!caps || !GST_CLOCK_TIME_IS_VALID(time))
        return GST_PAD_PROBE_OK;
    if (!t->encoder && open_encoder(t, &ignored) != NN_OK) {
        t->broken = true;
        return GST_PAD_PROBE_OK;
    }
    set_raw_caps(t, caps);
    GstBuffer *buffer = gst_buffer_copy(GST_PAD_PROBE_INFO_BUFFER(info));
    GST_BUFFER_PTS(buffer) = time;
    GST_BUFFER_DTS(buffer) = GST_CLOCK_TIME_NONE;
    gst_app_src_push_buffer(GST_APP_SRC(t->source), buffer);
    return GST_PAD_PROBE_OK;
}

// --- life ---

nn_status vp_event_tap_new(vp_event_tap **out, GstElement *pipeline, GstElement *head, bool live,
                           vp_event_frame on_frame, void *user, nn_error *err)
{
    g_autofree char *encoder = vp_encoder_for_clips(err); // what is missing is said now
    *out = NULL;
    if (!encoder)
        return NN_EUNSUPPORTED;
    vp_event_tap *t = g_new0(vp_event_tap, 1);
    t->on_frame = on_frame;
    t->user = user;
    t->pipeline = pipeline;
    t->live = live;
    t->head = gst_element_get_static_pad(head, "src");
    t->added = g_signal_connect(pipeline, "deep-element-added", G_CALLBACK(add_element), t);
    t->probe = gst_pad_add_probe(t->head, GST_PAD_PROBE_TYPE_BUFFER, take_raw, t, NULL);
    *out = t;
    return NN_OK;
}

void vp_event_tap_finish(vp_event_tap *t)
{
    if (!t->encoder || t->broken)
        return;
    g_autoptr(GstBus) bus = gst_element_get_bus(t->encoder);
    gst_app_src_end_of_stream(GST_APP_SRC(t->source));
    GstMessage *m = gst_bus_timed_pop_filtered(bus, CLOSING, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
    g_clear_pointer(&m, gst_message_unref);
}

void vp_event_tap_free(vp_event_tap *t)
{
    if (!t)
        return;
    g_signal_handler_disconnect(t->pipeline, t->added);
    gst_pad_remove_probe(t->head, t->probe);
    gst_clear_object(&t->head);
    if (t->encoder)
        gst_element_set_state(t->encoder, GST_STATE_NULL);
    gst_clear_object(&t->source);
    gst_clear_object(&t->fit);
    gst_clear_object(&t->encoder);
    gst_clear_caps(&t->raw);
    g_free(t);
}
