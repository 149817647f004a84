// SPDX-License-Identifier: MIT
// What keys of the window do to the stream: events for the elements before the sink, messages for
// the application.
#ifndef PLUGINS_SINK_SINK_STREAM_H
#define PLUGINS_SINK_SINK_STREAM_H

#include "plugins/sink/sink_state.h"

// For the UI thread. Seeks run on a thread of their own. A change of zones and lines is `change`, a
// camera of several `number`, an ignored class `label`; else they are NULL and 0.
void nero_sink_act(NeroSink *self, const NeroActing *acting);

// Whether the stream plays, or is on its way to. Thread-safe.
gboolean nero_sink_is_playing(NeroSink *self);
// Asks the application by a message: for another state; for what only it can do ("window-request"
// with "action" and "number"). Thread-safe.
void nero_sink_request_state(NeroSink *self, GstState state);
void nero_sink_ask_application(NeroSink *self, const char *action, int number);

#endif
