// SPDX-License-Identifier: MIT
// Text in SDL windows: a font file, a size, and rendered lines kept as textures.
#ifndef PLUGINS_TEXT_TEXT_H
#define PLUGINS_TEXT_TEXT_H

#include <SDL.h>

typedef struct NeroText NeroText;

// A text drawer for `renderer`. `font` is a TrueType file, NULL for the first of the usual places
// that has one. NULL when there is none or it cannot be read; SDL_GetError says why. Used on the UI
// thread only, as all below.
NeroText *nero_text_new(SDL_Renderer *renderer, const char *font);
void nero_text_free(NeroText *t); // NULL is a no-op; before the renderer

// Height of letters in pixels; forgets the rendered lines when it changes.
void nero_text_set_size(NeroText *t, int pixels);
// Size of a line; 0 x 0 for a NULL drawer or an empty line.
void nero_text_measure(NeroText *t, const char *line, int *w, int *h);
// Draws a line of UTF-8 with its top left corner at x, y.
void nero_text_draw(NeroText *t, const char *line, int x, int y, SDL_Color color);

#endif
