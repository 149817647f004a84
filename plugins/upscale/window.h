// SPDX-License-Identifier: MIT
// The part of a frame that neroupscale enlarges.
#ifndef PLUGINS_UPSCALE_WINDOW_H
#define PLUGINS_UPSCALE_WINDOW_H

#include "nn/vision/result.h"

#include <glib.h>

// Corners as parts of the frame.
typedef struct NeroUpscaleWindow {
    double x0, y0, x1, y1;
} NeroUpscaleWindow;

typedef struct NeroUpscalePlace { // pixels of the frame
    int x, y, width, height;
    int left, top; // of the frame in memory that holds more than it
} NeroUpscalePlace;

// Reads "X0,Y0,X1,Y1", from 0 to 1 and in order. FALSE: the text is something else (or NULL).
gboolean nero_window_parse(NeroUpscaleWindow *w, const char *text);
// Pixels of a side that has this part of a frame's side, an even number where there is room.
int nero_window_side(int side, double part);
// Where the window lies: as it says, or around the middle of `box` (may be NULL), inside of the
// frame. The corner is at a multiple of 1 << grain, so that colours lie beside their luma.
void nero_window_place(NeroUpscalePlace *p, const NeroUpscaleWindow *w, const nn_box *box,
                       int width, int height, unsigned grain_x, unsigned grain_y);

#endif
