// SPDX-License-Identifier: MIT
// The end of nerosink's window, and what ends with it.
#ifndef PLUGINS_SINK_SINK_CLOSE_H
#define PLUGINS_SINK_SINK_CLOSE_H

#include "plugins/sink/sink_state.h"

// For the UI thread; `data` is the element. A window that the user closes does what the property
// on-close says; one that was taken away is an error.
void nero_sink_closed(NeroClosing how, gpointer data);
// Has the whole pipeline end if the window was closed and that is its end; nothing before it plays.
void nero_sink_end_if_closed(NeroSink *self);
// What a frame that comes after that is answered; streaming thread. GST_FLOW_OK while the window is
// open, too.
GstFlowReturn nero_sink_flow_when_closed(NeroSink *self);

#endif
