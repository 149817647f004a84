// SPDX-License-Identifier: MIT
// The text of the line in the corner of the window, and of the figures under it.
#ifndef PLUGINS_SINK_SINK_FIGURES_H
#define PLUGINS_SINK_SINK_FIGURES_H

#include "plugins/meta/nerometa_internal.h"
#include "plugins/sink/sink_statistics.h"

#define NERO_FIGURES_DOT " \xc2\xb7 " // between the parts of a line, where it may be divided

typedef struct NeroFigures {
    const char *source;       // its name; NULL: none
    gboolean live;            // a camera, or a stream that does not wait
    const NeroStatistics *is; // what was measured
    const nn_result *result;  // of the last frame; NULL: there is none
    const NeroLabels *labels; // of the result
    double delay;             // seconds from the camera to the window; negative: unknown
    double recording;         // seconds that were recorded; negative: there is no recording
    double lost;              // seconds without a frame of a lost camera; negative: it is there
    gboolean told;            // the middle of the window says that it is lost
    gboolean paused;
    gboolean tiles; // several cameras: the rate of the picture says nothing of them
} NeroFigures;

// "cam-yard LIVE 15 fps . inference 9 ms . delay 0.1 s . 4 persons, 2 cars . REC 00:12" with dots
// in the middle. What is not known is left out, and what was found where a legend or the classes of
// the picture say it.
void nero_figures_write(const NeroFigures *f, char *line, gsize size);
// The rest, for those who want to know: percentiles, input size, skipped frames, processor, memory;
// a line each, with newlines between them.
void nero_figures_details(const NeroFigures *f, char *text, gsize size);

// "4 persons", "1 person", "2 buses", "3 cities".
void nero_figures_count(GString *to, guint count, const char *name);
// "0:12", "1:02:03"
void nero_figures_clock(char *text, gsize size, double seconds);

#endif
