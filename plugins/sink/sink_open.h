// SPDX-License-Identifier: MIT
// The window of nerosink: opened from the properties, and what it asks for.
#ifndef PLUGINS_SINK_SINK_OPEN_H
#define PLUGINS_SINK_SINK_OPEN_H

#include "plugins/sink/sink_state.h"

// Whether the picture is drawn in memory. The caller holds the object lock.
gboolean nero_sink_wants_offscreen(const NeroSink *self);

// For the UI thread.

// Copies the properties that a window needs. The caller frees `font` and `source`.
NeroWindowOptions nero_sink_window_options(NeroSink *self, char **font, char **source);
// A window for such a video. NULL with SDL_GetError.
NeroWindow *nero_sink_open_new(NeroSink *self, const GstVideoInfo *info);
// Gives a frame to the view beside the video.
void nero_sink_look_into(NeroSink *self, const GstVideoFrame *frame, const GstVideoInfo *info);

#endif
