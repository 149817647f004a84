// SPDX-License-Identifier: MIT
// Keys and mouse of the window, as far as they concern boxes.
#ifndef PLUGINS_SINK_SINK_INPUT_H
#define PLUGINS_SINK_SINK_INPUT_H

#include "plugins/meta/nerometa_internal.h"
#include "plugins/sink/sink_pick.h"

#include <SDL.h>

typedef enum NeroInput {
    NERO_INPUT_NONE, // not used here
    NERO_INPUT_USED, // changed what is drawn
    NERO_INPUT_SAID, // gave feedback: *f
} NeroInput;

// x marks the selected box as wrong, or takes that back; a starts drawing a box; 1 to 9 choose its
// class; Escape ends drawing or the selection. Without `labels` only Escape works.
NeroInput nero_input_key(NeroPick *p, const SDL_KeyboardEvent *key, const NeroLabels *labels,
                         NeroFeedback *f);
// The left button and the mouse at x, y, in pixels of the video, over a frame with these boxes.
NeroInput nero_input_mouse(NeroPick *p, const SDL_Event *event, float x, float y,
                           const nn_result *result, NeroFeedback *f);
// A short text about `f` for the user.
void nero_input_text(const NeroFeedback *f, const NeroLabels *labels, char *line, size_t size);
// A hint for the user while a box is drawn.
void nero_input_hint(const NeroPick *p, const NeroLabels *labels, char *line, size_t size);

#endif
