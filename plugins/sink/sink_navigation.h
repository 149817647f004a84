// SPDX-License-Identifier: MIT
// Passes keys and the mouse of the window upstream as navigation events.
#ifndef PLUGINS_SINK_SINK_NAVIGATION_H
#define PLUGINS_SINK_SINK_NAVIGATION_H

#include "plugins/sink/sink_keys.h"

#include <gst/video/navigation.h>

typedef struct NeroNavigation {
    SDL_Keysym pressed; // a key whose text may still follow
    gboolean waits;     // `pressed` is set
    // names of the keys that are down, as they were sent; "": none
    char name[SDL_NUM_SCANCODES][NERO_KEY_NAME];
} NeroNavigation;

// Sends an event of the window upstream: keys, text, buttons, motion at x, y in pixels of the
// video, the wheel. NULL: no more events are waiting. A key is named by what it types ("plus") or
// by itself ("Return", "Left"), as X does; its release is sent with the same name.
void nero_navigation_handle(NeroNavigation *n, GstNavigation *to, const SDL_Event *event, double x,
                            double y);

#endif
