// SPDX-License-Identifier: MIT
// Sets the properties of the window, and follows its requests.
#include "pipeline/window.h"

#include <string.h>

char *vp_window_source_name(const vp_input *input)
{
    if (input->kind == VP_INPUT_TEST)
        return g_strdup("test picture");
    if (input->kind != VP_INPUT_NETWORK)
        return g_path_get_basename(input->text);
    g_autoptr(GUri) uri = g_uri_parse(input->uri, G_URI_FLAGS_NON_DNS | G_URI_FLAGS_ENCODED, NULL);
    const char *host = uri ? g_uri_get_host(uri) : NULL, *path = uri ? g_uri_get_path(uri) : NULL;
    if (!host || !*host)
        return g_strdup("stream");
    return g_strconcat(host, path && strcmp(path, "/") != 0 ? path : "", NULL);
}

void vp_window_set_up(vp_pipeline *p, const vp_options *options)
{
    if (!p->view || options->view != VP_VIEW_WINDOW)
        return;
    g_autofree char *name = vp_window_source_name(&p->input);
    g_object_set(p->view, "source-name", name, "controls", TRUE, "recording",
                 (gboolean)(options->record != NULL), NULL);
}

void vp_window_say(vp_pipeline *p, const char *text)
{
    if (p->view)
        g_object_set(p->view, "message", text, NULL);
}

void vp_window_retry(vp_pipeline *p, double seconds)
{
    if (p->view)
        g_object_set(p->view, "retry-in", seconds, NULL);
}

void vp_window_restart(vp_pipeline *p)
{
    if (p->view)
        gst_element_set_locked_state(p->view, TRUE);
    gst_element_set_state(p->pipeline, GST_STATE_READY);
    if (p->view)
        gst_element_set_locked_state(p->view, FALSE);
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

bool vp_window_handle(vp_pipeline *p, GstMessage *message)
{
    if (!p->view || GST_MESSAGE_SRC(message) != GST_OBJECT(p->view) ||
        GST_MESSAGE_TYPE(message) != GST_MESSAGE_REQUEST_STATE)
        return false;
    change_state(p, message);
    return true;
}
