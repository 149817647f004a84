// SPDX-License-Identifier: MIT
// What the window says when there is no ordinary picture: a lost camera, the end, a message; and
// hints for those who see it for the first time.
#ifndef PLUGINS_SINK_SINK_STATES_H
#define PLUGINS_SINK_SINK_STATES_H

#include "plugins/meta/nerometa_internal.h"
#include "plugins/text/text.h"

// How the stream is. Times are monotonic microseconds, 0: not so.
typedef struct NeroStates {
    gint64 opened;    // when the window was
    gint64 heard;     // when the last frame came
    gint64 lost;      // since when the camera is silent
    gint64 retry;     // when it will be tried again
    gint64 recording; // since when the stream is recorded
    gint64 empty;     // since when nothing is found
    gboolean ended, paused, live;
    double delay;      // seconds from the source to the window; negative: unknown
    float threshold;   // of the model; 0: unknown
    char message[256]; // for the user, in the middle; "": none
} NeroStates;

// The line in the middle: what is wrong, or what is waited for. FALSE when all is well.
gboolean nero_states_middle(const NeroStates *s, gint64 now, char *line, gsize size);
// The line at the lower edge: a hint. `keys`: the keys are in use. FALSE when there is none.
gboolean nero_states_hint(const NeroStates *s, gint64 now, gboolean keys, gboolean controls,
                          char *line, gsize size);
// Draws what is in `area` of the window once more in grey and darker.
void nero_states_grey(SDL_Renderer *renderer, const SDL_Rect *area);
// The classes of a picture, the best three of both: those above the threshold in white, the others
// in grey. FALSE when the result is not that of a classifier. `clear` gets the place.
gboolean nero_states_classes(SDL_Renderer *renderer, NeroText *text, const SDL_Rect *area,
                             const nn_result *result, const nn_result *faint,
                             const NeroLabels *labels, int top);

#endif
