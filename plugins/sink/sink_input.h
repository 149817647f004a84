// SPDX-License-Identifier: MIT
// Keys and mouse of the window, as far as they are about boxes.
#ifndef PLUGINS_SINK_SINK_INPUT_H
#define PLUGINS_SINK_SINK_INPUT_H

#include "plugins/meta/nerometa_internal.h"
#include "plugins/sink/sink_pick.h"

#include <SDL.h>

typedef enum NeroInput {
    NERO_INPUT_NONE, // it means nothing here
    NERO_INPUT_USED, // it changed what is to be drawn
    NERO_INPUT_SAID, // ... and says something: *f
} NeroInput;

// x: the selected box is wrong, or not after all; a: one is to be drawn; 1 to 9: of that class;
// Escape: none is to be drawn, or selected. Without `labels` only Escape counts.
NeroInput nero_input_key(NeroPick *p, const SDL_KeyboardEvent *key, const NeroLabels *labels,
                         NeroFeedback *f);
// The left button and the mouse at x, y, pixels of the video, over a frame with these boxes.
NeroInput nero_input_mouse(NeroPick *p, const SDL_Event *event, float x, float y,
                           const nn_result *result, NeroFeedback *f);
// A few words about `f`, for people.
void nero_input_text(const NeroFeedback *f, const NeroLabels *labels, char *line, size_t size);
// What is to be done while a box is drawn.
void nero_input_hint(const NeroPick *p, const NeroLabels *labels, char *line, size_t size);

#endif
