// SPDX-License-Identifier: MIT
// Life of a run: start, bus, counting frames, stopping cleanly, opening lost streams again.
#include "pipeline/pipeline.h"

#include "pipeline/build.h"
#include "pipeline/bus.h"
#include "pipeline/link.h"
#include "pipeline/recorder.h"
#include "pipeline/start.h"
#include "plugins/meta/nerometa.h"

#include <string.h>
#include <unistd.h>

enum {
    TICK_MS = 50,         // how often stop requests and lost streams are looked at
    STALL_MS = 300,       // a stopping run that got no frame for so long is ended from outside
    GIVE_UP_MS = 10000,   // a stopping run that has not ended by then is cut off
    MAX_PAUSE_MS = 10000, // longest pause between attempts to reconnect
    ATTEMPTS = 10,        // in a row, for what is no live network stream
    SILENCE_MS = 10000,   // a live input that sends nothing for so long has broken down
};

struct vp_pipeline {
    vp_input input;
    GstElement *pipeline, *infer;
    char *recording; // NULL: none
    vp_link link;
    vp_bus_notes notes;
    int64_t max_frames;
    void (*on_frame)(void *user, int64_t frame, const nn_result *result);
    void (*on_notice)(void *user, const char *line);
    void *user;
    gint stop; // atomic

    // Only the running thread uses these.
    bool closed, ended, finished;
    bool stays;            // a picture in a window: shown until that is closed
    bool waits;            // ... and it is shown
    vp_stats final;        // the detector's part
    gint64 stopping_since; // microseconds, 0: not stopping
    bool pushed_end;
    int attempts;
    gint64 retry_at; // microseconds, 0: connected
    char why[160];   // the source's last warning
    bool warned;     // that nothing came yet

    GMutex lock;                                             // guards what follows
    gint64 opened, first_frame, last_frame, first_detection; // microseconds, 0: not yet
    int64_t passed, frames;                                  // into and out of the detector
    int reconnects;
};

// --- probes, on streaming threads ---

// Ends the stream in front of the detector when enough frames passed or a stop was asked for, so
// that everything behind it finishes its files.
static GstPadProbeReturn admit_frame(GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
    vp_pipeline *p = data;
    g_mutex_lock(&p->lock);
    bool full = p->max_frames > 0 && p->passed >= p->max_frames;
    if (!full)
        p->passed++;
    g_mutex_unlock(&p->lock);
    if (!full && !g_atomic_int_get(&p->stop))
        return GST_PAD_PROBE_OK;
    vp_link_stop(&p->link);
    gst_pad_push_event(pad, gst_event_new_eos());
    gst_buffer_unref(GST_PAD_PROBE_INFO_BUFFER(info));
    GST_PAD_PROBE_INFO_FLOW_RETURN(info) = GST_FLOW_EOS;
    return GST_PAD_PROBE_HANDLED;
}

static GstPadProbeReturn count_frame(GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
    vp_pipeline *p = data;
    (void)pad;
    NeroMeta *meta = nero_meta_get(GST_PAD_PROBE_INFO_BUFFER(info));
    gint64 now = g_get_monotonic_time();
    g_mutex_lock(&p->lock);
    int64_t frame = ++p->frames;
    if (!p->first_frame)
        p->first_frame = now;
    p->last_frame = now;
    if (!p->first_detection && meta && meta->result.count > 0)
        p->first_detection = now;
    g_mutex_unlock(&p->lock);
    if (p->on_frame)
        p->on_frame(p->user, frame, meta ? &meta->result : NULL);
    return GST_PAD_PROBE_OK;
}

static void add_probe(GstElement *element, const char *pad_name, GstPadProbeCallback probe,
                      vp_pipeline *p)
{
    g_autoptr(GstPad) pad = gst_element_get_static_pad(element, pad_name);
    gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, probe, p, NULL);
}

// --- opening ---

static nn_status open_all(vp_pipeline *p, const vp_options *options, nn_error *err)
{
    nn_status status = vp_start_plugins(err);
    if (status == NN_OK)
        status = vp_input_parse(&p->input, options->input, err);
    if (status != NN_OK)
        return status;
    p->stays = p->input.kind == VP_INPUT_IMAGE && options->view == VP_VIEW_WINDOW;
    nn_error built = {.status = NN_EINVAL};
    p->pipeline = vp_build(options, &built);
    if (!p->pipeline)
        return nn_fail(err, built.status, "%s", built.text);
    p->recording = g_strdup(options->record);
    p->infer = gst_bin_get_by_name(GST_BIN(p->pipeline), "infer");
    status = vp_link_open(&p->link, p->pipeline, &p->input, err);
    p->notes.head = p->link.head;
    // A camera cannot wait: when the rest is slow the oldest frames go, or they would pile up in
    // front.
    if (p->input.live)
        gst_util_set_object_arg(G_OBJECT(p->link.head), "leaky", "downstream");
    add_probe(p->link.head, "src", admit_frame, p);
    add_probe(p->infer, "src", count_frame, p);
    return status;
}

nn_status vp_pipeline_open(vp_pipeline **out, const vp_options *options, nn_error *err)
{
    *out = NULL;
    vp_pipeline *p = g_new0(vp_pipeline, 1);
    g_mutex_init(&p->lock);
    p->opened = g_get_monotonic_time();
    p->max_frames = options->max_frames;
    p->on_frame = options->on_frame;
    p->on_notice = options->on_notice;
    p->user = options->user;
    nn_status status = open_all(p, options, err);
    if (status != NN_OK) {
        vp_pipeline_free(p);
        return status;
    }
    *out = p;
    return NN_OK;
}

void vp_pipeline_free(vp_pipeline *p)
{
    if (!p)
        return;
    if (p->pipeline)
        gst_element_set_state(p->pipeline, GST_STATE_NULL);
    vp_link_close(&p->link);
    gst_clear_object(&p->infer);
    gst_clear_object(&p->pipeline);
    if (p->recording && !p->finished)
        g_free(vp_recorder_settle(p->recording, false, false));
    g_free(p->recording);
    vp_input_release(&p->input);
    g_mutex_clear(&p->lock);
    g_free(p);
}

// --- running ---

static void notice(vp_pipeline *p, const char *format, ...) G_GNUC_PRINTF(2, 3);

static void notice(vp_pipeline *p, const char *format, ...)
{
    char line[512];
    va_list args;
    va_start(args, format);
    g_vsnprintf(line, sizeof line, format, args);
    va_end(args);
    if (p->on_notice)
        p->on_notice(p->user, line);
}

static void plan_reconnect(vp_pipeline *p, const char *why)
{
    int pause = MIN(500 << MIN(p->attempts, 5), MAX_PAUSE_MS);
    p->attempts++;
    if (p->input.kind == VP_INPUT_DEVICE && access(p->input.text, F_OK) != 0)
        why = "it is unplugged";
    p->retry_at = g_get_monotonic_time() + pause * G_TIME_SPAN_MILLISECOND;
    notice(p, "'%s' %s (%s); trying again in %.1f s", p->input.text,
           p->attempts > 1 ? "is still away" : "was lost", why, pause / 1e3);
    p->why[0] = 0;
}

// Whether an error of the source is one to wait out: it had worked before, and goes on for ever.
static bool may_reconnect(vp_pipeline *p, GstObject *from)
{
    if (!vp_link_has(&p->link, from))
        return false;
    if (p->attempts > 0)
        return p->attempts < ATTEMPTS || (p->input.live && p->input.kind == VP_INPUT_NETWORK);
    return vp_link_is_endless(&p->link);
}

static bool came_from_view(GstMessage *message)
{
    GstObject *src = GST_MESSAGE_SRC(message);
    GError *error = NULL;
    gst_message_parse_error(message, &error, NULL);
    bool closed = g_error_matches(error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND) && src &&
                  strcmp(GST_OBJECT_NAME(src), "view") == 0;
    g_clear_error(&error);
    return closed;
}

// Whether `object` is not part of a source that was replaced meanwhile.
static bool is_ours(vp_pipeline *p, GstObject *object)
{
    return gst_object_has_as_ancestor(object, GST_OBJECT(p->pipeline));
}

static nn_status handle_error(vp_pipeline *p, GstMessage *message, nn_error *err)
{
    nn_error text = {0};
    GstObject *from = GST_MESSAGE_SRC(message);
    if (came_from_view(message)) {
        p->closed = true;
        vp_pipeline_stop(p);
        return NN_OK;
    }
    if ((p->retry_at || g_atomic_int_get(&p->stop)) && vp_link_has(&p->link, from))
        return NN_OK; // the rest of a source that is being replaced or shut down
    if (!is_ours(p, from))
        return NN_OK; // ... or that was replaced
    if (may_reconnect(p, from)) {
        vp_bus_reason(message, text.text, sizeof text.text);
        plan_reconnect(p, p->why[0] ? p->why : text.text);
        return NN_OK;
    }
    vp_bus_error(&p->notes, message, p->input.text, &text);
    return nn_fail(err, text.status, "%s", text.text);
}

static void handle_warning(vp_pipeline *p, GstMessage *message)
{
    char text[sizeof p->why];
    if (!is_ours(p, GST_MESSAGE_SRC(message)))
        return;
    vp_bus_reason(message, text, sizeof text);
    if (!vp_link_has(&p->link, GST_MESSAGE_SRC(message)))
        notice(p, "%s", text);
    else if (vp_link_buffers(&p->link) == 0 && p->attempts == 0)
        notice(p, "'%s': %s", p->input.text, text);
    else if (!p->why[0])
        g_strlcpy(p->why, text, sizeof p->why); // told when the source breaks, if it does
}

// What neroinfer has to say about its model.
static void handle_info(vp_pipeline *p, GstMessage *message)
{
    GError *error = NULL;
    if (GST_MESSAGE_SRC(message) != GST_OBJECT(p->infer))
        return;
    gst_message_parse_info(message, &error, NULL);
    notice(p, "%s", error->message);
    g_clear_error(&error);
}

static nn_status handle_message(vp_pipeline *p, GstMessage *message, nn_error *err)
{
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
        p->waits = p->stays && !g_atomic_int_get(&p->stop);
        p->ended = !p->waits;
        return NN_OK;
    case GST_MESSAGE_LATENCY:
        gst_bin_recalculate_latency(GST_BIN(p->pipeline));
        return NN_OK;
    default:
        vp_bus_note(&p->notes, message);
        return NN_OK;
    }
}

// A live input from which nothing comes any more, without an end or an error.
static void watch_silence(vp_pipeline *p)
{
    if (!p->input.live || p->retry_at ||
        vp_link_silence(&p->link) < SILENCE_MS * G_TIME_SPAN_MILLISECOND)
        return;
    if (vp_link_buffers(&p->link) > 0)
        plan_reconnect(p, "no frame came for 10 s");
    else if (!p->warned)
        notice(p, "no frame has come from '%s' yet; still waiting", p->input.text);
    p->warned = true;
}

static nn_status watch_connection(vp_pipeline *p, nn_error *err)
{
    gint64 now = g_get_monotonic_time();
    if (!p->retry_at && vp_link_is_lost(&p->link))
        plan_reconnect(p, p->why[0] ? p->why : "the stream ended");
    watch_silence(p);
    if (p->attempts && !p->retry_at && vp_link_buffers(&p->link) > 0) {
        p->attempts = 0;
        notice(p, "'%s' is back", p->input.text);
    }
    if (!p->retry_at || now < p->retry_at)
        return NN_OK;
    p->retry_at = 0;
    g_mutex_lock(&p->lock);
    p->reconnects++;
    g_mutex_unlock(&p->lock);
    return vp_link_reopen(&p->link, err);
}

// Frames end the run by themselves (admit_frame); when none comes, the end is put in from here.
static void watch_stop(vp_pipeline *p)
{
    gint64 now = g_get_monotonic_time();
    if (!g_atomic_int_get(&p->stop))
        return;
    if (p->waits)
        p->ended = true; // nothing flows any more
    if (!p->stopping_since) {
        p->stopping_since = now;
        vp_link_stop(&p->link);
    }
    if (!p->pushed_end && now - p->stopping_since > STALL_MS * G_TIME_SPAN_MILLISECOND) {
        g_autoptr(GstPad) pad = gst_element_get_static_pad(p->link.head, "sink");
        gst_pad_send_event(pad, gst_event_new_eos());
        p->pushed_end = true;
    }
    if (now - p->stopping_since > GIVE_UP_MS * G_TIME_SPAN_MILLISECOND)
        p->ended = true;
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
        watch_stop(p);
        if (status == NN_OK && !p->ended && !p->stopping_since)
            status = watch_connection(p, err);
    }
    return status;
}

// The view writes its snapshot on the way to READY: warnings after the run count as errors.
static nn_status finish(vp_pipeline *p, nn_error *err)
{
    nn_status status = NN_OK;
    g_autoptr(GstBus) bus = gst_element_get_bus(p->pipeline);
    gst_element_set_state(p->pipeline, GST_STATE_READY);
    for (GstMessage *m; (m = gst_bus_pop_filtered(bus, GST_MESSAGE_WARNING));
         gst_message_unref(m)) {
        GError *error = NULL;
        gst_message_parse_warning(m, &error, NULL);
        if (status == NN_OK)
            status = nn_fail(err, NN_EIO, "%s", error->message);
        g_clear_error(&error);
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
                      NULL);
    s->inferred = (int64_t)inferred;
    s->detections = (int64_t)detections;
}

static nn_status start(vp_pipeline *p, nn_error *err)
{
    if (gst_element_set_state(p->pipeline, GST_STATE_PLAYING) != GST_STATE_CHANGE_FAILURE)
        return NN_OK;
    GstMessage *m = vp_bus_find_error(&p->notes, p->pipeline, 0);
    if (!m)
        return nn_fail(err, NN_EIO, "'%s' cannot be played", p->input.text);
    nn_status status = vp_bus_error(&p->notes, m, p->input.text, err);
    gst_message_unref(m);
    return status;
}

static void settle_recording(vp_pipeline *p, bool whole)
{
    if (!p->recording)
        return;
    g_autofree char *left = vp_recorder_settle(p->recording, p->frames > 0, whole);
    if (left)
        notice(p, "'%s' stays as it was, the new recording is %s", p->recording, left);
}

nn_status vp_pipeline_run(vp_pipeline *p, nn_error *err)
{
    nn_status status = start(p, err);
    if (status == NN_OK)
        status = watch(p, err);
    read_detector(p, &p->final); // its figures end with READY
    p->finished = true;
    if (status == NN_OK)
        status = finish(p, err);
    // The first error counts, not what the shutdown adds to it. Files are closed all the same.
    gst_element_set_state(p->pipeline, p->recording ? GST_STATE_NULL : GST_STATE_READY);
    settle_recording(p, status == NN_OK);
    return status;
}

void vp_pipeline_stop(vp_pipeline *p)
{
    g_atomic_int_set(&p->stop, 1);
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
    s.reconnects = p->reconnects;
    g_mutex_unlock(&p->lock);
    return s;
}
