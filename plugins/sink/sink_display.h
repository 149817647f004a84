// SPDX-License-Identifier: MIT
// The display that SDL's windows are on: whether somebody can see it, and what happens when it goes
// away.
#ifndef PLUGINS_SINK_SINK_DISPLAY_H
#define PLUGINS_SINK_SINK_DISPLAY_H

#include <SDL.h>
#include <glib.h>

// All on the UI thread (sink_thread.h).

// Makes sure that SDL's video is up on a display that can be seen; FALSE with SDL_GetError. SDL's
// drivers that show nothing count only when SDL_VIDEODRIVER names one.
gboolean nero_display_open(void);
void nero_display_close(void);

// To be called with a new window: from then on Xlib does not end the process when the connection
// breaks or another program destroys a window.
void nero_display_guard(SDL_Window *window);
// Whether the connection is broken: nothing of SDL's windows may be used any more, and no other can
// be opened.
gboolean nero_display_is_lost(void);
// Whether the server still answers others: then only we were thrown out (xkill).
gboolean nero_display_answers(void);
// Whether `event` says that another program destroyed this window.
gboolean nero_display_destroyed(const SDL_Event *event, SDL_Window *window);

#endif
