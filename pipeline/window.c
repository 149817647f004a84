// SPDX-License-Identifier: MIT
// Sets the properties of the window, and follows its requests.
#include "pipeline/window.h"

#include "nn/base/credentials.h"
#include "nn/io/io.h"
#include "pipeline/notice.h"
#include "pipeline/pipewire.h"
#include "pipeline/wait_input.h"
#include "po/translate.h"

#include <string.h>

char *vp_window_source_name(const vp_input *input)
{
    if (input->kind == VP_INPUT_TEST)
        return g_strdup(_("test picture"));
    if (input->kind == VP_INPUT_PIPEWIRE) {
        const char *name = vp_pipewire_name(input->text);
        return g_strdup(*name ? name : "PipeWire");
    }
    if (input->kind != VP_INPUT_NETWORK)
        return g_path_get_basename(input->text);
    const gsize size = strlen(input->uri) + 32;
    g_autofree char *shown = g_malloc(size);
    g_strlcpy(shown, input->uri, size);
    nn_mask_credentials(shown, size);
    g_autoptr(GUri) uri = g_uri_parse(shown, G_URI_FLAGS_NON_DNS | G_URI_FLAGS_ENCODED, NULL);
    const char *host = uri ? g_uri_get_host(uri) : NULL, *path = uri ? g_uri_get_path(uri) : NULL;
    if (!host || !*host)
        return g_strdup(_("stream"));
    return g_strconcat(host, path && strcmp(path, "/") != 0 ? path : "", NULL);
}

void vp_window_set_up(vp_pipeline *p, const vp_options *options)
{
    if (!p->view || options->view != VP_VIEW_WINDOW)
        return;
    g_autofree char *name = vp_window_source_name(&p->input);
    p->first_model = g_strdup(options->model);
    gst_util_set_object_arg(G_OBJECT(p->view), "on-close", "message");
    g_object_set(p->view, "source-name", name, "controls", TRUE, "recording",
                 (gboolean)(options->record != NULL), NULL);
}

void vp_window_say(vp_pipeline *p, const char *text)
{
    char shown[512];
    g_strlcpy(shown, text ? text : "", sizeof shown);
    nn_mask_credentials(shown, sizeof shown);
    if (p->view)
        g_object_set(p->view, "message", text ? shown : NULL, NULL);
}

void vp_window_wait(vp_pipeline *p, const char *why)
{
    g_autofree char *name = vp_window_source_name(&p->input);
    const char *words = p->input.kind == VP_INPUT_DEVICE
                            ? _("waiting for the camera %s \xe2\x80\xa6")
                        : p->input.live ? _("waiting for %s \xe2\x80\xa6")
                                        : _("opening %s \xe2\x80\xa6");
    if (!p->view || !p->seen || vp_has_frames(p))
        return;
    g_autofree char *line = g_strdup_printf(words, name);
    if (GST_STATE(p->view) < GST_STATE_PAUSED) // an element that has begun can open its window
        gst_element_set_state(p->view, GST_STATE_PAUSED);
    g_autofree char *text = why ? g_strconcat(line, "\n", why, NULL) : g_strdup(line);
    vp_window_say(p, text);
}

// What takes longer than people wait without a word.
static void notice_slow_start(vp_pipeline *p)
{
    enum { SLOW_MS = 500 };
    const gint64 now = g_get_monotonic_time();
    if (p->slow_told || now - p->opened < SLOW_MS * G_TIME_SPAN_MILLISECOND)
        return;
    p->slow_told = true;
    if (!p->input.live && !p->stopping_since)
        vp_window_wait(p, NULL);
}

void vp_window_retry(vp_pipeline *p, double seconds)
{
    if (p->view)
        g_object_set(p->view, "retry-in", seconds, NULL);
    if (p->on_lost)
        p->on_lost(p->user, seconds);
}

bool vp_window_restart(vp_pipeline *p)
{
    if (p->view)
        gst_element_set_locked_state(p->view, TRUE);
    const GstStateChangeReturn got = gst_element_set_state(p->pipeline, GST_STATE_READY);
    if (p->view)
        gst_element_set_locked_state(p->view, FALSE);
    return got != GST_STATE_CHANGE_FAILURE;
}

bool vp_window_holds(const vp_pipeline *p)
{
    return p->seen && p->input.kind == VP_INPUT_FILE && p->max_frames == 0 &&
           !g_atomic_int_get(&p->stop);
}

static void change_state(vp_pipeline *p, GstMessage *message)
{
    GstState state;
    gst_message_parse_request_state(message, &state);
    if (state == GST_STATE_PAUSED || state == GST_STATE_PLAYING)
        gst_element_set_state(p->pipeline, state);
    p->paused = state == GST_STATE_PAUSED;
}

void vp_window_gone(vp_pipeline *p)
{
    g_atomic_int_set(&p->stop, 1);
    // The end of stream passes playing elements only: not one that is paused, or had an error.
    if (!vp_waits_for_input(p))
        gst_element_set_state(p->pipeline, GST_STATE_PLAYING);
}

// --- requests ---

static void tell(vp_pipeline *p, const char *format, const char *what)
{
    g_autofree char *line = g_strdup_printf(format, what);
    g_object_set(p->view, "note", line, NULL);
}

// `early`: why it ended by itself; else empty.
static void end_record(vp_pipeline *p, nn_error early)
{
    nn_error err = {0};
    g_autofree char *path = g_strdup(vp_window_record_path(p->window_record));
    const bool ok = vp_window_record_end(&p->window_record, &err) == NN_OK;
    g_object_set(p->view, "recording", FALSE, NULL);
    if (early.status != NN_OK) {
        tell(p, _("the recording has ended: %s"), early.text);
        vp_notice(p, "%s; it ends here, the run goes on", early.text);
        return;
    }
    if (ok)
        tell(p, _("recorded as %s"), path);
    else
        tell(p, _("not recorded: %s"), err.text);
    vp_notice(p, ok ? "the recording is %s" : "not recorded: %s", ok ? path : err.text);
}

static void record(vp_pipeline *p)
{
    nn_error err = {0};
    if (p->recorder)
        tell(p, "%s", _("--record is at work already"));
    else if (p->window_record)
        end_record(p, (nn_error){0});
    else if (vp_window_record_start(&p->window_record, p->view, &err) == NN_OK)
        g_object_set(p->view, "recording", TRUE, NULL);
    else
        tell(p, "%s", err.text);
}

// The model of the run, then those that come with the program and are installed.
static void next_model(vp_pipeline *p)
{
    static const char *const names[] = {NULL, "street", "street-nano", "person", "vehicle"};
    char path[4096];
    for (int i = 0; i < (int)G_N_ELEMENTS(names); i++) {
        p->model = (p->model + 1) % (int)G_N_ELEMENTS(names);
        const char *name = names[p->model] ? names[p->model] : p->first_model;
        if (p->model > 0 && (g_strcmp0(name, p->first_model) == 0 ||
                             nn_model_find(name, path, sizeof path, NULL) != NN_OK))
            continue;
        tell(p, _("loading the model %s"), name);
        g_object_set(p->infer, "head", NULL, "labels-file", NULL, "model", name, NULL);
        return;
    }
}

static void follow(vp_pipeline *p, const GstStructure *request)
{
    const char *action = gst_structure_get_string(request, "action");
    if (g_strcmp0(action, "record") == 0)
        record(p);
    else if (g_strcmp0(action, "model") == 0)
        next_model(p);
    if (g_strcmp0(action, "close") != 0)
        return;
    p->closed = true;
    vp_window_gone(p);
}

void vp_window_end(vp_pipeline *p)
{
    if (p->window_record)
        end_record(p, (nn_error){0});
}

void vp_window_watch(vp_pipeline *p)
{
    nn_error why = {0};
    notice_slow_start(p);
    if (vp_window_record_ended(p->window_record, &why))
        end_record(p, why);
}

bool vp_window_handle(vp_pipeline *p, GstMessage *message)
{
    if (!p->view || GST_MESSAGE_SRC(message) != GST_OBJECT(p->view))
        return false;
    if (gst_message_has_name(message, "window-request"))
        follow(p, gst_message_get_structure(message));
    else if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_REQUEST_STATE)
        change_state(p, message);
    else
        return false;
    return true;
}
