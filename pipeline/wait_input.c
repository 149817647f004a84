// SPDX-License-Identifier: MIT
// Decides whether and how long to wait for an input.
#include "pipeline/wait_input.h"

#include <string.h>
#include <unistd.h>

enum { PAUSE_MS = 1000 };

bool vp_waits_for_input(const vp_pipeline *p)
{
    return p->wait_until != 0;
}

bool vp_wait_input_skips(const vp_pipeline *p)
{
    return p->wait_until && p->input.kind == VP_INPUT_DEVICE && access(p->input.text, F_OK) != 0 &&
           g_get_monotonic_time() < p->wait_until;
}

bool vp_has_frames(vp_pipeline *p)
{
    g_mutex_lock(&p->lock);
    const bool any = p->first_frame != 0;
    g_mutex_unlock(&p->lock);
    return any;
}

// Whether an error may go away: a server that does not listen yet, a path that is not published, a
// busy or missing device. Other errors stay: no video, a missing password, a page that a web server
// does not have.
static bool may_pass(const vp_pipeline *p, GstMessage *message)
{
    GError *error = NULL;
    g_autofree char *debug = NULL;
    GstObject *from = GST_MESSAGE_SRC(message);
    gst_message_parse_error(message, &error, &debug);
    bool passes = error->domain == GST_RESOURCE_ERROR &&
                  error->code != GST_RESOURCE_ERROR_NOT_AUTHORIZED &&
                  !(p->input.kind == VP_INPUT_NETWORK && // a certificate
                    error->code == GST_RESOURCE_ERROR_SETTINGS) &&
                  !(debug && strstr(debug, "(404), URL"));
    // souphttpsrc reports a server that does not answer in this way.
    if (p->input.kind == VP_INPUT_NETWORK && GST_IS_ELEMENT(from) &&
        GST_OBJECT_FLAG_IS_SET(from, GST_ELEMENT_FLAG_SOURCE))
        passes = passes || g_error_matches(error, GST_STREAM_ERROR, GST_STREAM_ERROR_FAILED);
    g_clear_error(&error);
    return passes;
}

static void begin(vp_pipeline *p, const nn_error *text, char *notice, size_t size)
{
    char limit[32] = "";
    p->wait_until = G_MAXINT64;
    if (p->wait < 1e9) {
        p->wait_until = g_get_monotonic_time() + (gint64)(p->wait * G_USEC_PER_SEC);
        g_snprintf(limit, sizeof limit, " for up to %g s", p->wait);
    }
    g_snprintf(
        notice, size,
        "waiting%s for what is not there yet (Ctrl-C ends; --wait=SECONDS, 0: not at all): %s",
        limit, text->text);
}

bool vp_wait_input_goes_on(vp_pipeline *p, GstMessage *error, const nn_error *text, char *notice,
                           size_t size)
{
    const gint64 now = g_get_monotonic_time();
    notice[0] = '\0';
    const vp_input_kind kind = p->input.kind;
    if (!(p->wait > 0) || p->attempts > 0 || vp_has_frames(p) ||
        (kind != VP_INPUT_DEVICE && kind != VP_INPUT_NETWORK && kind != VP_INPUT_PIPEWIRE) ||
        !vp_reconnect_has(&p->link, vp_bus_origin(error)) || vp_reconnect_buffers(&p->link) > 0 ||
        !may_pass(p, error))
        return false;
    if (!p->wait_until)
        begin(p, text, notice, size);
    if (now >= p->wait_until)
        return false;
    p->retry_at = MIN(now + PAUSE_MS * G_TIME_SPAN_MILLISECOND, p->wait_until);
    return true;
}
