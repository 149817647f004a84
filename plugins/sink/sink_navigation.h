// SPDX-License-Identifier: MIT
// Passes keys and the mouse of the window upstream as navigation events.
#ifndef PLUGINS_SINK_SINK_NAVIGATION_H
#define PLUGINS_SINK_SINK_NAVIGATION_H

#include "plugins/sink/sink_keys.h"

#include <gst/video/navigation.h>

typedef struct NeroNavigation {
    SDL_Keysym pressed;                          // a key whose text may still come
    gboolean waits;                              // ... and there is one
    char name[SDL_NUM_SCANCODES][NERO_KEY_NAME]; // keys that are down, by what was sent; "": none
} NeroNavigation;

// An event of the window: keys, text, buttons, motion at x, y in pixels of the video, the wheel.
// NULL: no more are waiting. A key is named by what it types ("plus"), or by itself ("Return",
// "Left"), as X names it; the same goes out when it is released.
void nero_navigation_handle(NeroNavigation *n, GstNavigation *to, const SDL_Event *event, double x,
                            double y);

#endif
