// SPDX-License-Identifier: MIT
// Text in SDL windows: a font, a size, and rendered lines cached as textures.
#ifndef PLUGINS_TEXT_TEXT_H
#define PLUGINS_TEXT_TEXT_H

#include <SDL.h>

typedef struct NeroText NeroText;

// A text drawer for `renderer`. `font` is a TrueType file; NULL takes the first system font that is
// found. NULL, with SDL_GetError, when there is none or it cannot be read. UI thread only, like all
// functions below.
NeroText *nero_text_new(SDL_Renderer *renderer, const char *font);
void nero_text_free(NeroText *t); // NULL is a no-op; before the renderer

// Sets the height of letters in pixels; a change clears the cache.
void nero_text_set_size(NeroText *t, int pixels);
// Size of a line in pixels; 0 x 0 without a drawer or text.
void nero_text_measure(NeroText *t, const char *line, int *w, int *h);
// Draws a line of UTF-8 with its top left corner at x, y.
void nero_text_draw(NeroText *t, const char *line, int x, int y, SDL_Color color);

#endif
