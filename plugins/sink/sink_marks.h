// SPDX-License-Identifier: MIT
// Draws what the user of the window has selected, marked and is drawing.
#ifndef PLUGINS_SINK_SINK_MARKS_H
#define PLUGINS_SINK_SINK_MARKS_H

#include "plugins/sink/sink_draw.h"
#include "plugins/sink/sink_pick.h"

// Over the boxes of `result`, whose frame of width x height pixels fills `area`: a cross over what
// is wrong, a second outline and class and score of what is selected, the box that is being drawn.
// `text` may be NULL.
void nero_draw_marks(SDL_Renderer *renderer, NeroText *text, const SDL_Rect *area,
                     const nn_result *result, const NeroLabels *labels, const NeroPick *pick);

#endif
