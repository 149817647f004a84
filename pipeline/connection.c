// SPDX-License-Identifier: MIT
// Watches the connection to a source, and opens it again with growing pauses.
#include "pipeline/connection.h"

#include "pipeline/camera.h"
#include "pipeline/notice.h"
#include "pipeline/wait_input.h"
#include "pipeline/window.h"

#include <unistd.h>

enum {
    FIRST_PAUSE_MS = 500, // before the first attempt; pauses double
    LIVE_PAUSE_MS = 2000, // the longest for cameras: they are back within 5 s of their return
    MAX_PAUSE_MS = 10000, // the longest for others
    ATTEMPTS = 10,        // in a row, for inputs that may have ended
    SILENCE_MS = 10000,   // a live input that sends nothing for so long counts as lost
    STREAM_MS = 2000, // the same of a node of PipeWire, which sends two pictures a second at least
    BLIND_MS = 30000, // the same when it sends, and nothing can be decoded
    OFTEN = 2,        // so many failed attempts are told, then each time that their number doubles
};

// Reported before the next loss, even when that comes at once.
static void note_return(vp_pipeline *p)
{
    if (!p->attempts || p->retry_at || vp_reconnect_buffers(&p->link) == 0)
        return;
    vp_notice(p, "'%s' is back", p->input.text);
    p->attempts = 0;
}

static bool is_told(int attempt)
{
    return attempt <= OFTEN || (attempt & (attempt - 1)) == 0;
}

void vp_connection_lost(vp_pipeline *p, const char *why)
{
    note_return(p);
    const int most = p->input.live ? LIVE_PAUSE_MS : MAX_PAUSE_MS;
    const int pause = MIN(FIRST_PAUSE_MS << MIN(p->attempts, 5), most);
    p->attempts++;
    g_autofree char *node = p->input.camera ? vp_camera_find(p->input.camera) : NULL;
    if (node && access(node, F_OK) != 0)
        why = "it is unplugged";
    p->retry_at = g_get_monotonic_time() + pause * G_TIME_SPAN_MILLISECOND;
    vp_window_retry(p, pause / 1e3);
    if (is_told(p->attempts))
        vp_notice(p, "'%s' %s (%s); trying again in %.1f s", p->input.text,
                  p->attempts > 1 ? "is still away" : "was lost", why, pause / 1e3);
    p->why[0] = 0;
}

bool vp_connection_may_return(vp_pipeline *p, GstObject *from)
{
    if (!vp_reconnect_has(&p->link, from))
        return false;
    if (p->attempts > 0)
        return p->attempts < ATTEMPTS || p->input.live;
    return vp_reconnect_is_endless(&p->link);
}

// Handles a live input that is silent without an end or an error, after a successful start or while
// it is opened again.
static void watch_silence(vp_pipeline *p)
{
    const bool node = p->input.kind == VP_INPUT_PIPEWIRE, any = vp_reconnect_buffers(&p->link) > 0;
    const bool worked = any || p->attempts > 0 || node; // a link may come to nothing: another helps
    const int most = node && any ? STREAM_MS : SILENCE_MS;
    if (!p->input.live || p->retry_at)
        return;
    if (vp_reconnect_silence(&p->link) >= most * G_TIME_SPAN_MILLISECOND) {
        char why[40];
        g_snprintf(why, sizeof why, "no frame came for %d s", most / 1000);
        if (worked)
            vp_connection_lost(p, why);
        else if (!p->warned)
            vp_notice(p, "no frame has come from '%s' yet; still waiting", p->input.text);
        p->warned = true;
    } else if (worked && vp_reconnect_blindness(&p->link) >= BLIND_MS * G_TIME_SPAN_MILLISECOND) {
        vp_connection_lost(p, "what it sends cannot be decoded");
    }
}

nn_status vp_connection_watch(vp_pipeline *p, nn_error *err)
{
    const gint64 now = g_get_monotonic_time();
    note_return(p);
    const char *lost = p->retry_at ? NULL : vp_reconnect_lost(&p->link);
    if (lost)
        vp_connection_lost(p, p->why[0] ? p->why : lost);
    watch_silence(p);
    if (vp_waits_for_input(p) && !p->retry_at && vp_reconnect_buffers(&p->link) > 0) {
        p->wait_until = 0;
        vp_notice(p, "'%s' is there", p->input.text);
    }
    if (!p->retry_at || now < p->retry_at || vp_wait_input_skips(p))
        return NN_OK;
    p->retry_at = 0;
    if (vp_waits_for_input(p)) // a pipeline that never ran does not know yet that it will be live
        vp_window_restart(p);
    g_mutex_lock(&p->lock);
    p->reconnects += vp_waits_for_input(p) ? 0 : 1;
    g_mutex_unlock(&p->lock);
    return vp_reconnect_reopen(&p->link, err);
}
