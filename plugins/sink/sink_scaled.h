// SPDX-License-Identifier: MIT
// Frames for SDL's software renderer: scaled and converted in one pass to the size that is shown.
#ifndef PLUGINS_SINK_SINK_SCALED_H
#define PLUGINS_SINK_SINK_SCALED_H

#include <SDL.h>
#include <gst/video/video.h>

// For the thread of the window.
typedef struct NeroScaled NeroScaled;

// NULL when the renderer is another one, or does better itself.
NeroScaled *nero_scaled_new(SDL_Renderer *renderer, const GstVideoInfo *info);
void nero_scaled_free(NeroScaled *s); // NULL is a no-op
// Keeps a reference to the frame until the next one.
void nero_scaled_take(NeroScaled *s, GstBuffer *frame);
// Draws the part `from` of the frame, in its pixels, into `area`; NULL: all of it.
void nero_scaled_draw(NeroScaled *s, const SDL_Rect *from, const SDL_Rect *area);

#endif
