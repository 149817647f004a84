// SPDX-License-Identifier: MIT
// Runs a pipeline to its end: messages, clean stop, statistics.
#include "pipeline/area_events.h"
#include "pipeline/camera.h"
#include "pipeline/connection.h"
#include "pipeline/feedback.h"
#include "pipeline/notice.h"
#include "pipeline/publish.h"
#include "pipeline/segments.h"
#include "pipeline/state.h"
#include "pipeline/steady.h"
#include "pipeline/wait_input.h"
#include "pipeline/window.h"
#include "po/translate.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum {
    TICK_MS = 50,       // interval of checks for stop requests and lost streams
    STALL_MS = 300,     // a stopping run without frames for so long is ended from outside
    GIVE_UP_MS = 10000, // a stopping run that has not ended after this time is cut
    TRIM_MS = 60000,    // interval of returning memory to the system
};

// A window that another program closes ends the run; a broken one ends it with an error. In both
// cases a recording beside it is completed. FALSE for errors of other elements, or before the first
// frame.
static bool handle_view(vp_pipeline *p, GstMessage *message)
{
    GError *error = NULL;
    if (!p->view || GST_MESSAGE_SRC(message) != GST_OBJECT(p->view))
        return false;
    gst_message_parse_error(message, &error, NULL);
    const bool closed = g_error_matches(error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND);
    const bool broken = !closed && vp_has_frames(p);
    if (closed) {
        p->closed = true;
        vp_notice(p, "%s", error->message);
    }
    if (broken && p->broken.status == NN_OK)
        nn_fail(&p->broken, NN_EIO, "%s", error->message);
    if (closed || broken)
        vp_window_gone(p);
    g_clear_error(&error);
    return closed || broken;
}

// TRUE when the run waits for an input that is not ready.
static bool wait_out(vp_pipeline *p, GstMessage *message, nn_error *text)
{
    char line[512];
    if (p->input.kind == VP_INPUT_DEVICE && access(p->input.text, F_OK) != 0)
        nn_fail(text, NN_ENOTFOUND, "cannot open '%s': %s", p->input.text, strerror(errno));
    const bool goes_on = vp_wait_input_goes_on(p, message, text, line, sizeof line);
    if (line[0])
        vp_notice(p, "%s", line);
    if (goes_on)
        vp_window_wait(p, text->text);
    return goes_on;
}

// Whether `object` is not part of a source that was replaced.
static bool is_ours(vp_pipeline *p, GstObject *object)
{
    return gst_object_has_as_ancestor(object, GST_OBJECT(p->pipeline));
}

static nn_status handle_error(vp_pipeline *p, GstMessage *message, nn_error *err)
{
    nn_error text = {0};
    GstObject *from = vp_bus_origin(message);
    if (handle_view(p, message))
        return NN_OK;
    if ((p->retry_at || g_atomic_int_get(&p->stop)) && vp_reconnect_has(&p->link, from))
        return NN_OK; // a late message of a source that is being replaced or shut down
    if (!is_ours(p, from))
        return NN_OK; // or of one that was replaced
    if (vp_connection_may_return(p, from)) {
        vp_bus_reason(message, text.text, sizeof text.text);
        vp_connection_lost(p, p->why[0] ? p->why : text.text);
        return NN_OK;
    }
    vp_bus_error(&p->notes, message, p->input.text, &text);
    return wait_out(p, message, &text) ? NN_OK : nn_fail(err, text.status, "%s", text.text);
}

// Handles the outcome of setting a model; FALSE for other messages.
static bool handle_model(vp_pipeline *p, GstMessage *message)
{
    const GstStructure *s = NULL;
    char why[512] = "";
    const bool refused = GST_MESSAGE_TYPE(message) == GST_MESSAGE_WARNING;
    if (GST_MESSAGE_SRC(message) != GST_OBJECT(p->infer))
        return false;
    if (refused)
        gst_message_parse_warning_details(message, &s);
    else if (gst_message_has_name(message, "model-changed"))
        s = gst_message_get_structure(message);
    const char *model = s ? gst_structure_get_string(s, "model") : NULL;
    if (!model)
        return false;
    if (refused)
        vp_bus_reason(message, why, sizeof why);
    if (p->on_model)
        p->on_model(p->user, model, refused ? why : NULL);
    else if (refused)
        vp_notice(p, "%s", why);
    else
        vp_notice(p, "the model is now %s", model);
    return true;
}

// Another message is more precise, and an error follows when it concerns the video.
static bool is_about_plugins(GstMessage *message)
{
    GError *error = NULL;
    gst_message_parse_warning(message, &error, NULL);
    const bool about = g_error_matches(error, GST_CORE_ERROR, GST_CORE_ERROR_MISSING_PLUGIN) ||
                       g_error_matches(error, GST_STREAM_ERROR, GST_STREAM_ERROR_CODEC_NOT_FOUND);
    g_clear_error(&error);
    return about;
}

static void handle_warning(vp_pipeline *p, GstMessage *message)
{
    char text[sizeof p->why];
    GstObject *from = vp_bus_origin(message);
    if (!is_ours(p, from) || handle_model(p, message) || is_about_plugins(message))
        return;
    vp_bus_reason(message, text, sizeof text);
    if (!vp_reconnect_has(&p->link, from) || p->input.kind == VP_INPUT_IMAGE)
        vp_notice(p, "%s", text);
    else if (vp_reconnect_buffers(&p->link) == 0 && p->attempts == 0)
        vp_notice(p, "'%s': %s", p->input.text, text);
    else if (!p->why[0])
        g_strlcpy(p->why, text, sizeof p->why); // reported when the source breaks
}

// Handles messages of neroinfer about its model, of the view about its display, of neropublish
// about its connection.
static void handle_info(vp_pipeline *p, GstMessage *message)
{
    GError *error = NULL;
    if (GST_MESSAGE_SRC(message) != GST_OBJECT(p->infer) &&
        GST_MESSAGE_SRC(message) != GST_OBJECT(p->view) && !vp_publish_is_from(message))
        return;
    gst_message_parse_info(message, &error, NULL);
    vp_notice(p, "%s", error->message);
    g_clear_error(&error);
}

static nn_status handle_message(vp_pipeline *p, GstMessage *message, nn_error *err)
{
    if (p->events)
        vp_events_hear(p->events, message);
    if (vp_window_handle(p, message))
        return NN_OK;
    switch (GST_MESSAGE_TYPE(message)) {
    case GST_MESSAGE_ERROR:
        return handle_error(p, message, err);
    case GST_MESSAGE_WARNING:
        handle_warning(p, message);
        return NN_OK;
    case GST_MESSAGE_INFO:
        handle_info(p, message);
        return NN_OK;
    case GST_MESSAGE_EOS:
        p->waits = (p->stays && p->frames == 1 && !g_atomic_int_get(&p->stop)) ||
                   (vp_window_holds(p) && vp_has_frames(p));
        p->ended = !p->waits;
        return NN_OK;
    case GST_MESSAGE_APPLICATION:
        vp_feedback_handle(p, message);
        return NN_OK;
    case GST_MESSAGE_LATENCY:
        gst_bin_recalculate_latency(GST_BIN(p->pipeline));
        return NN_OK;
    default:
        if (!handle_model(p, message) && !vp_area_events_handle(p, message))
            vp_bus_note(&p->notes, message);
        return NN_OK;
    }
}

int vp_decoder_patience_ms = 60000;

// Handles a decoder that hangs, on which a file would wait for ever. Its thread cannot be stopped:
// the pipeline is leaked until the process ends.
static nn_status watch_decoder(vp_pipeline *p, nn_error *err)
{
    guint waiting = 0;
    if ((p->input.kind != VP_INPUT_FILE && p->input.kind != VP_INPUT_IMAGE) || p->waits ||
        p->paused ||
        vp_reconnect_silence(&p->link) < vp_decoder_patience_ms * G_TIME_SPAN_MILLISECOND)
        return NN_OK;
    g_object_get(p->link.head, "current-level-buffers", &waiting, NULL);
    if (waiting > 0 || vp_reconnect_has_ended(&p->link))
        return NN_OK;
    p->hangs = true;
    return nn_fail(err, NN_EIO, "'%s' gave no frame for %g s: its decoder hangs, or it is damaged",
                   p->input.text, vp_decoder_patience_ms / 1e3);
}

// Frames end a stopping run (admit_frame); when none comes, the end of stream is sent from here.
static void watch_stop(vp_pipeline *p)
{
    gint64 now = g_get_monotonic_time();
    if (!g_atomic_int_get(&p->stop))
        return;
    if (p->waits || vp_waits_for_input(p))
        p->ended = true; // nothing flows any more, or not yet
    if (!p->stopping_since) {
        p->stopping_since = now;
        vp_reconnect_stop(&p->link);
    }
    if (!p->pushed_end && now - p->stopping_since > STALL_MS * G_TIME_SPAN_MILLISECOND) {
        g_autoptr(GstPad) pad = gst_element_get_static_pad(p->link.head, "sink");
        gst_pad_send_event(pad, gst_event_new_eos());
        p->pushed_end = true;
    }
    if (now - p->stopping_since > GIVE_UP_MS * G_TIME_SPAN_MILLISECOND)
        p->ended = true;
}

// A recording that ends early, e.g. on a full disk, does not end the run; one that cannot even
// begin does.
static nn_status watch_recording(vp_pipeline *p, nn_error *err)
{
    nn_error why = {0};
    bool any = false;
    if (!p->recorder || !vp_segments_watch(p->recorder, &any, &why))
        return NN_OK;
    if (!any)
        return nn_fail(err, why.status, "%s", why.text);
    vp_notice(p, "%s; it ends here, the run goes on", why.text);
    return NN_OK;
}

static void watch_events(vp_pipeline *p)
{
    for (char *line; p->events && (line = vp_events_news(p->events)); g_free(line))
        vp_notice(p, "%s", line);
}

static void watch_memory(vp_pipeline *p)
{
    const gint64 now = g_get_monotonic_time();
    if (!p->input.live || now < p->trim_at)
        return;
    if (p->trim_at)
        vp_steady_trim();
    p->trim_at = now + TRIM_MS * G_TIME_SPAN_MILLISECOND;
}

// What has gone wrong is told in the window, too, until that is closed.
static void show_error(vp_pipeline *p, const nn_error *err)
{
    if (!p->seen || !p->view || p->closed || p->hangs || !vp_has_frames(p) ||
        g_atomic_int_get(&p->stop))
        return;
    g_autofree char *text = g_strdup_printf("%s\n%s", err->text, _("(q closes)"));
    g_autoptr(GstBus) bus = gst_element_get_bus(p->pipeline);
    vp_window_say(p, text);
    while (!p->closed && !g_atomic_int_get(&p->stop)) {
        g_autoptr(GstMessage) m = gst_bus_timed_pop(bus, TICK_MS * GST_MSECOND);
        if (m && !vp_window_handle(p, m) && GST_MESSAGE_TYPE(m) == GST_MESSAGE_ERROR)
            handle_view(p, m);
    }
}

static nn_status watch(vp_pipeline *p, nn_error *err)
{
    nn_status status = NN_OK;
    g_autoptr(GstBus) bus = gst_element_get_bus(p->pipeline);
    while (status == NN_OK && !p->ended) {
        GstMessage *m = gst_bus_timed_pop(bus, TICK_MS * GST_MSECOND);
        if (m) {
            status = handle_message(p, m, err);
            gst_message_unref(m);
        }
        if (p->waits && !p->stays && !vp_reconnect_has_ended(&p->link))
            p->waits = false; // the user looks at it once more
        watch_stop(p);
        watch_events(p);
        watch_memory(p);
        vp_window_watch(p);
        if (status == NN_OK)
            status = watch_recording(p, err);
        if (status == NN_OK && !p->ended && !p->stopping_since)
            status = vp_connection_watch(p, err);
        if (status == NN_OK && !p->ended && !p->stopping_since)
            status = watch_decoder(p, err);
    }
    return status;
}

// A file or stream that ends before its first frame, such as a download that broke off.
static nn_status check_frames(vp_pipeline *p, nn_error *err)
{
    if (p->input.live || p->closed || g_atomic_int_get(&p->stop) || vp_has_frames(p))
        return NN_OK;
    return nn_fail(err, NN_EFORMAT, "'%s' has no frame that can be decoded: it is damaged or cut",
                   p->input.text);
}

// The view may write its snapshot on the way to READY: what it says then counts as an error. Late
// errors of others follow from the end; late warnings are handled as earlier ones.
static nn_status finish(vp_pipeline *p, nn_error *err)
{
    nn_status status = NN_OK;
    g_autoptr(GstBus) bus = gst_element_get_bus(p->pipeline);
    gst_element_set_state(p->pipeline, GST_STATE_READY);
    for (GstMessage *m; (m = gst_bus_pop_filtered(bus, GST_MESSAGE_WARNING | GST_MESSAGE_ERROR));
         gst_message_unref(m)) {
        char text[512];
        vp_bus_reason(m, text, sizeof text);
        if (GST_MESSAGE_SRC(m) != GST_OBJECT(p->view)) {
            if (GST_MESSAGE_TYPE(m) == GST_MESSAGE_WARNING)
                handle_warning(p, m);
        } else if (status == NN_OK) {
            status = nn_fail(err, NN_EIO, "%s", text);
        }
    }
    return status;
}

static void read_detector(vp_pipeline *p, vp_stats *s)
{
    guint64 inferred = 0, detections = 0;
    g_autoptr(GstStructure) t = NULL;
    g_object_get(p->infer, "stats", &t, NULL);
    if (!t)
        return;
    gst_structure_get(t, "inferred", G_TYPE_UINT64, &inferred, "detections", G_TYPE_UINT64,
                      &detections, "infer-ms-average", G_TYPE_DOUBLE, &s->infer_ms, "input-width",
                      G_TYPE_INT, &s->input_width, "input-height", G_TYPE_INT, &s->input_height,
                      "infer-ms-p95", G_TYPE_DOUBLE, &s->infer_ms_p95, "size-changes", G_TYPE_UINT,
                      &s->size_changes, NULL);
    s->inferred = (int64_t)inferred;
    s->detections = (int64_t)detections;
}

static nn_status start(vp_pipeline *p, nn_error *err)
{
    nn_status status = p->recorder ? vp_segments_attach(p->recorder, p->pipeline, err) : NN_OK;
    if (status != NN_OK)
        return status;
    g_autofree char *camera = p->input.camera ? vp_camera_news(p->input.camera) : NULL;
    if (camera)
        vp_notice(p, "%s", camera);
    if (p->recorder && vp_segments_news(p->recorder))
        vp_notice(p, "%s", vp_segments_news(p->recorder));
    if (p->input.live) // it takes its time, and the window opens first
        vp_window_wait(p, NULL);
    if (vp_window_restart(p) && vp_reconnect_may_start(&p->link) &&
        gst_element_set_state(p->pipeline, GST_STATE_PLAYING) != GST_STATE_CHANGE_FAILURE)
        return NN_OK;
    GstMessage *m = vp_bus_find_error(&p->notes, p->pipeline, 0);
    if (!m)
        return nn_fail(err, NN_EIO, "'%s' cannot be played", p->input.text);
    nn_error text = {0};
    vp_bus_error(&p->notes, m, p->input.text, &text);
    const bool waits = wait_out(p, m, &text);
    gst_message_unref(m);
    return waits ? NN_OK : nn_fail(err, text.status, "%s", text.text);
}

// Keeps the recording whether the run succeeded or not.
static nn_status finish_recording(vp_pipeline *p, nn_status status, nn_error *err)
{
    nn_error why = {0};
    g_autofree char *left = NULL;
    if (!p->recorder)
        return status;
    vp_segments_finish(p->recorder, status == NN_OK, &left, &why);
    if (left)
        vp_notice(p, "the recording of this run is %s", left);
    return status == NN_OK && why.status != NN_OK ? nn_fail(err, why.status, "%s", why.text)
                                                  : status;
}

// Lines that are missing are a failure; those of a camera, which ends by Ctrl-C after weeks, are
// told.
static nn_status check_lines(vp_pipeline *p, nn_error *err)
{
    nn_error why = {0};
    if (p->hangs || vp_publish_check(p->pipeline, &why) == NN_OK)
        return NN_OK;
    if (!p->input.live)
        return nn_fail(err, why.status, "%s", why.text);
    vp_notice(p, "%s", why.text);
    return NN_OK;
}

// Hands on the events that came with the end of the stream, and the totals.
static void take_events(vp_pipeline *p)
{
    g_autoptr(GstBus) bus = gst_element_get_bus(p->pipeline);
    for (GstMessage *m; (m = gst_bus_pop_filtered(bus, GST_MESSAGE_ELEMENT)); gst_message_unref(m))
        vp_area_events_handle(p, m);
    vp_area_events_totals(p);
}

nn_status vp_pipeline_run(vp_pipeline *p, nn_error *err)
{
    nn_status status = start(p, err);
    if (status == NN_OK)
        status = watch(p, err);
    if (status == NN_OK)
        status = check_frames(p, err);
    if (status != NN_OK)
        show_error(p, err);
    take_events(p);
    read_detector(p, &p->final); // its figures are reset in READY
    p->finished = true;
    if (p->events)
        vp_events_finish(p->events);
    watch_events(p);
    vp_window_end(p);
    status = finish_recording(p, status, err); // first: the recorder may block frames
    if (status == NN_OK)
        status = finish(p, err);
    // The first error counts, not errors of the shutdown. Files are closed in any case.
    if (!p->hangs)
        gst_element_set_state(p->pipeline, GST_STATE_READY);
    if (status == NN_OK && p->broken.status != NN_OK)
        return nn_fail(err, p->broken.status, "%s", p->broken.text);
    return status == NN_OK ? check_lines(p, err) : status;
}

void vp_pipeline_stop(vp_pipeline *p)
{
    g_atomic_int_set(&p->stop, 1);
}

void vp_pipeline_set_model(vp_pipeline *p, const char *model, const char *head,
                           const char *labels_file)
{
    g_object_set(p->infer, "head", head, "labels-file", labels_file, "model", model, NULL);
}

void vp_pipeline_tell(vp_pipeline *p, const char *line)
{
    if (p->view)
        g_object_set(p->view, "note", line, NULL);
}

vp_stats vp_pipeline_stats(vp_pipeline *p)
{
    vp_stats s = p->final;
    s.window_closed = p->closed;
    s.first_detection_ms = -1;
    if (!p->finished)
        read_detector(p, &s);
    g_mutex_lock(&p->lock);
    s.frames = p->frames;
    s.seconds = (double)(p->last_frame - p->first_frame) / 1e6;
    if (p->frames > 1 && s.seconds > 0)
        s.fps = (double)(p->frames - 1) / s.seconds;
    if (p->first_detection)
        s.first_detection_ms = (double)(p->first_detection - p->opened) / 1e3;
    s.maps = p->maps;
    s.reconnects = p->reconnects;
    s.events = p->events ? vp_events_count(p->events) : 0;
    g_mutex_unlock(&p->lock);
    return s;
}
