// SPDX-License-Identifier: MIT
// Which part of the picture the window shows.
#ifndef PLUGINS_SINK_SINK_ZOOM_H
#define PLUGINS_SINK_SINK_ZOOM_H

#include "nn/vision/result.h"

#include <SDL.h>
#include <glib.h>

typedef struct NeroZoom {
    float scale;      // 1 or 0: the whole picture
    float x, y;       // its middle, fractions of the picture
    gboolean follows; // the selected object
} NeroZoom;

enum { NERO_ZOOM_MOST = 16 };

// The rectangle that the whole picture takes when its part fills `fit`; it covers `fit`.
SDL_Rect nero_zoom_area(const NeroZoom *z, const SDL_Rect *fit);
// Zooms by `steps` of the wheel so that the point at x, y of the window stays where it is.
void nero_zoom_wheel(NeroZoom *z, const SDL_Rect *fit, float x, float y, float steps);
// Moves the picture by so many pixels of the window.
void nero_zoom_drag(NeroZoom *z, const SDL_Rect *fit, float dx, float dy);
// Moves a little towards a box of a frame of width x height, which is to be a third of `fit` high.
void nero_zoom_follow(NeroZoom *z, const nn_box *b, int width, int height);

#endif
