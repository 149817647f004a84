// SPDX-License-Identifier: MIT
// The display of SDL's windows: whether it is visible, and what happens when it is lost.
#ifndef PLUGINS_SINK_SINK_DISPLAY_H
#define PLUGINS_SINK_SINK_DISPLAY_H

#include <SDL.h>
#include <glib.h>

// All functions are for the UI thread (sink_thread.h).

// Initialises SDL's video on a visible display; FALSE with SDL_GetError. Drivers without visible
// output are accepted only when SDL_VIDEODRIVER names one.
gboolean nero_display_open(void);
void nero_display_close(void);

// To be called with a new window. From then on Xlib does not end the process when the connection
// breaks or another program destroys a window.
void nero_display_guard(SDL_Window *window);
// Whether the connection is broken. Then SDL's windows must not be used, and no new one can be
// opened.
gboolean nero_display_is_lost(void);
// Whether the server still answers others: then only this client was disconnected (xkill).
gboolean nero_display_answers(void);
// Whether a window manager answers requests such as for full screen. FALSE on a bare X server only.
gboolean nero_display_is_managed(void);
// Whether `event` reports that another program destroyed this window.
gboolean nero_display_destroyed(const SDL_Event *event, SDL_Window *window);

#endif
