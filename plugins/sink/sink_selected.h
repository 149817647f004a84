// SPDX-License-Identifier: MIT
// What is known of the selected object, beside the picture.
#ifndef PLUGINS_SINK_SINK_SELECTED_H
#define PLUGINS_SINK_SINK_SELECTED_H

#include "plugins/sink/sink_window_internal.h"

// Draws a crop of the selected object and what is known of it in the upper corner of `area` that is
// away from it: class and score, other classes that the model thinks of, track, age. Nothing when
// none is selected. `picture` is where all of the picture lies, which may be more.
void nero_selected_draw(NeroWindow *w, const SDL_Rect *area, const SDL_Rect *picture);
// The box of the selected object and a little around it, in pixels of the video. FALSE: none is
// selected, or it is not on the shown frame.
gboolean nero_selected_part(const NeroWindow *w, SDL_Rect *part);

#endif
