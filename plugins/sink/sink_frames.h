// SPDX-License-Identifier: MIT
// The frames of nerosink.
#ifndef PLUGINS_SINK_SINK_FRAMES_H
#define PLUGINS_SINK_SINK_FRAMES_H

#include "plugins/sink/sink_state.h"

// show_frame of GstVideoSink.
GstFlowReturn nero_sink_show_frame(GstVideoSink *sink, GstBuffer *buffer);
// For the UI thread: shows the last frame in a window that was opened in the place of another one.
void nero_sink_show_again(NeroSink *self);

#endif
