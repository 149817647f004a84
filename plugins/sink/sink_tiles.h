// SPDX-License-Identifier: MIT
// The parts of a picture that is put together from several cameras: the name of each, and which is
// lost.
#ifndef PLUGINS_SINK_SINK_TILES_H
#define PLUGINS_SINK_SINK_TILES_H

#include "plugins/text/text.h"

#include <gst/gst.h>

// Reads what the property "tiles" has: GstStructure "tile" with x, y, width, height (int, pixels of
// the picture), name (string), live (boolean), and of a lost camera silent and retry-in (double,
// seconds). What is not given is 0. The caller owns the array.
GArray *nero_tiles_read(const GValue *list);
// Draws them over a picture of width x height that fills `area`; a lost camera in grey. Sets the
// clipping rectangle of the renderer.
void nero_tiles_draw(const GArray *tiles, SDL_Renderer *renderer, NeroText *text,
                     const SDL_Rect *area, int width, int height);

#endif
