// SPDX-License-Identifier: MIT
// Ends the stream when the window is closed.
#include "plugins/sink/sink_close.h"

#include "plugins/sink/sink_save.h"
#include "plugins/sink/sink_stream.h"
#include "po/translate.h"

// States of NeroSink.closed.
enum { OPEN, CLOSED, ENDS };

static GstElement *top_of(GstElement *element)
{
    GstObject *top = gst_object_ref(element);
    for (GstObject *up; (up = gst_object_get_parent(top)); top = up)
        gst_object_unref(top);
    return GST_ELEMENT(top);
}

// As gst-launch-1.0 -e does at Ctrl-C: the sources of the whole pipeline end, so that sound and
// recordings beside the window end with it. On a thread of its own, because a source may be in the
// middle of a frame that this sink is to take. A source that waits for a stream which stands still
// would keep the pipeline from every other state, so its state is held while it is looked at.
static void end_sources(GstElement *element, gpointer unused)
{
    NeroSink *self = (NeroSink *)element;
    (void)unused;
    g_autoptr(GstElement) top = top_of(element);
    GST_STATE_LOCK(top);
    if (GST_IS_BIN(top) && nero_sink_is_playing(self) && g_atomic_int_get(&self->closed) == ENDS)
        gst_element_send_event(top, gst_event_new_eos());
    GST_STATE_UNLOCK(top);
}

void nero_sink_end_if_closed(NeroSink *self)
{
    if (g_atomic_int_get(&self->closed) == ENDS)
        gst_element_call_async(GST_ELEMENT(self), end_sources, NULL, NULL);
}

static NeroOnClose wish_of(NeroSink *self)
{
    GST_OBJECT_LOCK(self);
    const NeroOnClose wish = self->settings.on_close;
    GST_OBJECT_UNLOCK(self);
    return wish;
}

static void close_by_user(NeroSink *self)
{
    const NeroOnClose wish = wish_of(self);
    if (!g_atomic_int_compare_and_exchange(&self->closed, OPEN,
                                           wish == NERO_ON_CLOSE_EOS ? ENDS : CLOSED))
        return;
    if (wish == NERO_ON_CLOSE_ERROR) {
        GST_ELEMENT_ERROR(self, RESOURCE, NOT_FOUND, (_("Output window was closed")), (NULL));
        return;
    }
    nero_sink_run_snapshot(self, nero_sink_save_chosen); // as long as it can be read
    nero_window_hide(self->window);
    nero_sink_ask_application(self, "close", 0);
    if (wish != NERO_ON_CLOSE_EOS)
        return;
    if (!nero_sink_is_playing(self)) // a stream that stands still would never end
        nero_sink_request_state(self, GST_STATE_PLAYING);
    nero_sink_end_if_closed(self);
}

void nero_sink_closed(NeroClosing how, gpointer data)
{
    NeroSink *self = data;
    if (how == NERO_CLOSED_BY_USER) {
        close_by_user(self);
        return;
    }
    if (!g_atomic_int_compare_and_exchange(&self->closed, OPEN, CLOSED))
        return;
    if (how == NERO_CLOSED_BY_OTHERS)
        GST_ELEMENT_ERROR(self, RESOURCE, NOT_FOUND,
                          (_("Output window was closed by another program")), (NULL));
    else
        GST_ELEMENT_ERROR(
            self, RESOURCE, FAILED,
            (_("The display of the output window is gone: the connection to it broke")), (NULL));
}

// The end goes upstream with the frames, too: those that wait before the sink are given up. Without
// it other branches, such as a recording, go on until the application reacts.
GstFlowReturn nero_sink_flow_when_closed(NeroSink *self)
{
    return g_atomic_int_get(&self->closed) == ENDS ? GST_FLOW_EOS : GST_FLOW_OK;
}
