// SPDX-License-Identifier: MIT
// Draws what the user has selected, marked as wrong, drawn, or is drawing.
#ifndef PLUGINS_SINK_SINK_MARKS_H
#define PLUGINS_SINK_SINK_MARKS_H

#include "plugins/sink/sink_draw.h"
#include "plugins/sink/sink_pick.h"

// Draws over the boxes of `result`, whose frame of width x height pixels fills `area`: a cross over
// wrong boxes, a second outline with class and score for the selected box, the boxes drawn on this
// frame, and the one that is being drawn. `text` may be NULL.
void nero_draw_marks(SDL_Renderer *renderer, NeroText *text, const SDL_Rect *area,
                     const nn_result *result, const NeroLabels *labels, const NeroPick *pick);

#endif
