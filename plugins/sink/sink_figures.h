// SPDX-License-Identifier: MIT
// The text of the line of figures in the corner of the window.
#ifndef PLUGINS_SINK_SINK_FIGURES_H
#define PLUGINS_SINK_SINK_FIGURES_H

#include "nn/vision/result.h"

#include <glib.h>

typedef struct NeroFigures {
    double rate;             // frames per second; 0: not known yet
    const nn_result *result; // NULL: there is none
    guint interval;          // every which frame is inferred; 0: unknown
    guint64 skipped;         // frames that were not inferred so far
} NeroFigures;

// "25.0 fps   12.3 ms at 320x256   every 3rd frame, 120 skipped   4 found"; what is not known, and
// that every frame is inferred, is left out. With a map, whose legend tells what was found, the
// number is left out.
void nero_figures_write(const NeroFigures *f, char *line, gsize size);

#endif
