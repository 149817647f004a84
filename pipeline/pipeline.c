// SPDX-License-Identifier: MIT
// Opens and closes a run: builds the pipeline and counts the frames that pass.
#include "pipeline/pipeline.h"

#include "pipeline/build.h"
#include "pipeline/camera.h"
#include "pipeline/feedback.h"
#include "pipeline/start.h"
#include "pipeline/state.h"
#include "pipeline/steady.h"
#include "pipeline/window.h"
#include "plugins/meta/nerometa_internal.h"

#include <string.h>
#include <sys/stat.h>

// --- probes, on streaming threads ---

// Ends the stream before the detector when enough frames have passed or a stop was requested, so
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
    vp_reconnect_stop(&p->link);
    gst_pad_push_event(pad, gst_event_new_eos());
    gst_buffer_unref(GST_PAD_PROBE_INFO_BUFFER(info));
    GST_PAD_PROBE_INFO_FLOW_RETURN(info) = GST_FLOW_EOS;
    return GST_PAD_PROBE_HANDLED;
}

// Remembers the name of the next picture.
static GstPadProbeReturn hear_name(GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
    vp_pipeline *p = data;
    GstEvent *event = GST_PAD_PROBE_INFO_EVENT(info);
    GstTagList *tags;
    char *location;
    (void)pad;
    if (GST_EVENT_TYPE(event) != GST_EVENT_TAG)
        return GST_PAD_PROBE_OK;
    gst_event_parse_tag(event, &tags);
    if (gst_tag_list_get_string(tags, GST_TAG_LOCATION, &location)) {
        g_free(p->file);
        p->file = location;
    }
    return GST_PAD_PROBE_OK;
}

static void tell_found(vp_pipeline *p, int64_t frame, const NeroMeta *meta)
{
    const int count = nero_labels_count(meta->labels);
    g_autofree const char **labels = g_new0(const char *, (gsize)count + 1);
    for (int i = 0; i < count; i++)
        labels[i] = nero_labels_name(meta->labels, i);
    const vp_found found = {.frame = frame,
                            .file = p->file,
                            .result = &meta->result,
                            .labels = labels,
                            .label_count = count};
    p->on_found(p->user, &found);
}

static GstPadProbeReturn count_frame(GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
    vp_pipeline *p = data;
    NeroMeta *meta = nero_meta_get(GST_PAD_PROBE_INFO_BUFFER(info));
    gint64 now = g_get_monotonic_time();
    g_mutex_lock(&p->lock);
    int64_t frame = ++p->frames;
    if (!p->first_frame)
        p->first_frame = now;
    p->last_frame = now;
    if (!p->first_detection && meta && meta->result.count > 0)
        p->first_detection = now;
    p->maps = p->maps || (meta && meta->result.map.width > 0);
    g_mutex_unlock(&p->lock);
    if (p->on_frame)
        p->on_frame(p->user, frame, meta ? &meta->result : NULL);
    if (p->on_found && meta)
        tell_found(p, frame, meta);
    if (p->tap)
        vp_tap_offer(p->tap, pad, GST_PAD_PROBE_INFO_BUFFER(info));
    return GST_PAD_PROBE_OK;
}

static void add_probe(GstElement *element, const char *pad_name, GstPadProbeCallback probe,
                      vp_pipeline *p)
{
    g_autoptr(GstPad) pad = gst_element_get_static_pad(element, pad_name);
    gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, probe, p, NULL);
}

// --- opening ---

// Checks that no output is one of the pictures that are read.
static nn_status check_outputs(const vp_input *input, const vp_options *o, nn_error *err)
{
    const char *const outputs[] = {o->json, o->record, o->snapshot};
    for (size_t i = 0; i < G_N_ELEMENTS(outputs); i++) {
        struct stat out, in;
        if (!outputs[i] || stat(outputs[i], &out) != 0)
            continue;
        for (char *const *name = input->names; name && *name; name++)
            if (stat(*name, &in) == 0 && in.st_dev == out.st_dev && in.st_ino == out.st_ino)
                return nn_fail(err, NN_EINVAL, "'%s' would replace '%s', which is an input",
                               outputs[i], *name);
    }
    return NN_OK;
}

// Whether the window is visible. A picture stays until its window is closed, which is impossible
// with SDL's invisible drivers.
static bool is_seen(const char *driver)
{
    return !driver || (strcmp(driver, "dummy") != 0 && strcmp(driver, "offscreen") != 0);
}

static nn_status open_all(vp_pipeline *p, const vp_options *options, nn_error *err)
{
    nn_status status = vp_start_plugins(err);
    if (status == NN_OK)
        status = options->wait > 0 ? vp_input_parse_absent(&p->input, options->input, err)
                                   : vp_input_parse(&p->input, options->input, err);
    if (status != NN_OK)
        return status;
    if (p->input.live)
        vp_steady_begin();
    if (p->input.camera)
        vp_camera_set_size(p->input.camera, options->camera_width, options->camera_height);
    p->input.any_certificate = options->any_certificate;
    p->seen = options->view == VP_VIEW_WINDOW && is_seen(g_getenv("SDL_VIDEODRIVER"));
    p->stays = p->seen && vp_input_is_single(&p->input);
    status = check_outputs(&p->input, options, err);
    if (status != NN_OK)
        return status;
    nn_error built = {.status = NN_EINVAL};
    vp_options shown = *options;
    // pictures that follow each other once a second are not of the same objects
    shown.track = options->track && (p->input.kind != VP_INPUT_IMAGE || p->input.seconds < 0.5);
    p->pipeline = vp_build(&shown, &p->input, &built);
    if (p->pipeline && options->record)
        vp_segments_new(&p->recorder, options->record, options->record_segment,
                        options->record_limit, &built);
    if (!p->pipeline || (options->record && !p->recorder))
        return nn_fail(err, built.status, "%s", built.text);
    vp_bus_keep_origins(p->pipeline);
    p->infer = gst_bin_get_by_name(GST_BIN(p->pipeline), "infer");
    p->view = gst_bin_get_by_name(GST_BIN(p->pipeline), "view");
    vp_window_set_up(p, options);
    if (options->on_picture)
        p->tap = vp_tap_new(options->picture_ms, options->on_picture, options->user);
    vp_feedback_connect(p);
    status = vp_reconnect_open(&p->link, p->pipeline, &p->input, MAX(options->inputs, 1), err);
    p->notes.head = p->link.head;
    p->notes.any_certificate = p->input.any_certificate;
    // A camera cannot wait: when the rest is slow, the oldest frames are dropped; otherwise they
    // would pile up in the source.
    if (p->input.live)
        vp_build_keep_newest(p->pipeline);
    add_probe(p->link.head, "src", admit_frame, p);
    add_probe(p->infer, "src", count_frame, p);
    if (options->on_found && p->input.kind == VP_INPUT_IMAGE) {
        g_autoptr(GstPad) pad = gst_element_get_static_pad(p->infer, "src");
        gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, hear_name, p, NULL);
    }
    return status;
}

// Frames leave it with all that is known about them.
static GstElement *last_analysis(GstElement *pipeline)
{
    static const char *const names[] = {"analytics", "track", "infer"};
    GstElement *e = NULL;
    for (size_t i = 0; i < G_N_ELEMENTS(names) && !e; i++)
        e = gst_bin_get_by_name(GST_BIN(pipeline), names[i]);
    return e;
}

static nn_status open_events(vp_pipeline *p, const vp_options *options, nn_error *err)
{
    if (!options->record_events)
        return NN_OK;
    g_autoptr(GstElement) behind = last_analysis(p->pipeline);
    nn_status status = vp_events_new(&p->events, options, err);
    return status == NN_OK ? vp_events_attach(p->events, p->pipeline, &p->link, behind, err)
                           : status;
}

nn_status vp_pipeline_open(vp_pipeline **out, const vp_options *options, nn_error *err)
{
    *out = NULL;
    vp_pipeline *p = g_new0(vp_pipeline, 1);
    g_mutex_init(&p->lock);
    p->opened = g_get_monotonic_time();
    p->max_frames = options->max_frames;
    p->wait = options->wait;
    p->on_frame = options->on_frame;
    p->on_found = options->on_found;
    p->on_event = options->on_event;
    p->on_notice = options->on_notice;
    p->on_model = options->on_model;
    p->on_feedback = options->on_feedback;
    p->user = options->user;
    nn_status status = open_all(p, options, err);
    if (status == NN_OK)
        status = open_events(p, options, err);
    if (status != NN_OK) {
        vp_pipeline_free(p);
        return status;
    }
    *out = p;
    return NN_OK;
}

void vp_pipeline_free(vp_pipeline *p)
{
    if (!p || p->hangs)
        return;
    if (p->pipeline)
        gst_element_set_state(p->pipeline, GST_STATE_NULL);
    vp_tap_free(p->tap);
    vp_events_free(p->events);
    vp_reconnect_close(&p->link);
    gst_clear_object(&p->infer);
    gst_clear_object(&p->view);
    gst_clear_object(&p->pipeline);
    vp_window_record_end(&p->window_record, NULL);
    vp_segments_free(p->recorder);
    g_free(p->first_model);
    vp_input_release(&p->input);
    g_free(p->file);
    g_mutex_clear(&p->lock);
    g_free(p);
}
