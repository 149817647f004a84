// SPDX-License-Identifier: MIT
// Records a camera: source, encoder, file. An end of stream closes the file.
#include "pipeline/record.h"

#include "pipeline/bus.h"
#include "pipeline/input.h"
#include "pipeline/recorder.h"
#include "pipeline/source.h"
#include "pipeline/start.h"

#define TICK (GST_SECOND / 5)
#define CLOSING (10 * GST_SECOND) // longest time for the end of stream to pass

typedef struct recording {
    vp_input input;
    vp_bus_notes notes;
    GstElement *pipeline;
    vp_recorder *recorder;
    gint frames;
} recording;

static GstPadProbeReturn count_frame(GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
    (void)pad;
    (void)info;
    g_atomic_int_inc((gint *)data);
    return GST_PAD_PROBE_OK;
}

static nn_status build(recording *r, const char *path, nn_error *err)
{
    GError *error = NULL;
    nn_status status = vp_recorder_new(&r->recorder, path, err);
    if (status != NN_OK)
        return status;
    g_autofree char *text = g_strdup_printf(
        "queue name=head max-size-buffers=32 max-size-bytes=0 max-size-time=0 ! videoconvert ! "
        "videoflip video-direction=auto ! %s",
        vp_recorder_branch);
    r->pipeline = gst_parse_launch(text, &error);
    if (error) {
        nn_fail(err, NN_EUNSUPPORTED,
                "cannot build the recorder: %s; install "
                "gstreamer1.0-plugins-base",
                error->message);
        g_clear_error(&error);
        return NN_EUNSUPPORTED;
    }
    g_autoptr(GstElement) head = gst_bin_get_by_name(GST_BIN(r->pipeline), "head");
    r->notes.head = head; // kept alive by the pipeline
    g_autoptr(GstPad) pad = gst_element_get_static_pad(head, "src");
    gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, count_frame, &r->frames, NULL);
    GstElement *source = vp_source_new(&r->input, 1, err);
    status = source ? vp_source_attach(source, GST_BIN(r->pipeline), head, err) : NN_EUNSUPPORTED;
    return status == NN_OK ? vp_recorder_attach(r->recorder, r->pipeline, err) : status;
}

static nn_status fail(recording *r, GstMessage *m, nn_error *err)
{
    const nn_status status = vp_bus_error(&r->notes, m, r->input.text, err);
    gst_message_unref(m);
    return status;
}

// Waits until the recording is long enough, the input ends or *stop is set.
static nn_status watch(recording *r, double seconds, const volatile sig_atomic_t *stop,
                       void (*tick)(void *ctx, double seconds), void *ctx, nn_error *err)
{
    g_autoptr(GstBus) bus = gst_element_get_bus(r->pipeline);
    double first = -1, now = 0;
    while (now < seconds && !*stop) {
        GstMessage *m = gst_bus_timed_pop_filtered(bus, TICK, GST_MESSAGE_ERROR | GST_MESSAGE_EOS);
        if (m && GST_MESSAGE_TYPE(m) == GST_MESSAGE_ERROR)
            return fail(r, m, err);
        if (m) {
            gst_message_unref(m);
            return NN_OK;
        }
        bool any;
        nn_error why = {0};
        if (vp_recorder_watch(r->recorder, &any, &why))
            return nn_fail(err, why.status, "%s", why.text);
        const double clock = (double)g_get_monotonic_time() / G_USEC_PER_SEC;
        if (g_atomic_int_get(&r->frames) == 0)
            continue;
        first = first < 0 ? clock : first;
        now = clock - first;
        if (tick)
            tick(ctx, now < seconds ? now : seconds);
    }
    gst_element_send_event(r->pipeline, gst_event_new_eos());
    GstMessage *m = gst_bus_timed_pop_filtered(bus, CLOSING, GST_MESSAGE_ERROR | GST_MESSAGE_EOS);
    if (m && GST_MESSAGE_TYPE(m) == GST_MESSAGE_ERROR)
        return fail(r, m, err);
    g_clear_pointer(&m, gst_message_unref);
    return NN_OK;
}

static nn_status start(recording *r, nn_error *err)
{
    if (gst_element_set_state(r->pipeline, GST_STATE_PLAYING) != GST_STATE_CHANGE_FAILURE)
        return NN_OK;
    GstMessage *m = vp_bus_find_error(&r->notes, r->pipeline, 0);
    return m ? fail(r, m, err) : nn_fail(err, NN_EIO, "'%s' cannot be played", r->input.text);
}

static nn_status settle(recording *r, const char *path, nn_status status, nn_error *err)
{
    const gboolean frames = g_atomic_int_get(&r->frames) > 0;
    g_autofree char *left = NULL;
    if (status == NN_OK && frames)
        status = vp_recorder_finish(r->recorder, true, &left, err);
    if (status == NN_OK && !frames)
        status = nn_fail(err, NN_EIO, "'%s' gave no frame", r->input.text);
    if (status == NN_OK && left)
        status = nn_fail(err, NN_EIO, "%s: the recording stayed under the name %s", path, left);
    return status;
}

nn_status vp_record(const char *input, const char *path, double seconds,
                    const volatile sig_atomic_t *stop, void (*tick)(void *ctx, double seconds),
                    void *ctx, nn_error *err)
{
    recording r = {0};
    nn_status status = vp_start(err);
    if (status == NN_OK)
        status = vp_input_parse(&r.input, input, err);
    if (status == NN_OK)
        status = build(&r, path, err);
    if (status == NN_OK)
        status = start(&r, err);
    if (status == NN_OK)
        status = watch(&r, seconds, stop, tick, ctx, err);
    status = settle(&r, path, status, err);
    if (r.pipeline)
        gst_element_set_state(r.pipeline, GST_STATE_NULL);
    gst_clear_object(&r.pipeline);
    vp_recorder_free(r.recorder);
    vp_input_release(&r.input);
    return status;
}
