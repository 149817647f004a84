// SPDX-License-Identifier: MIT
// What the parts of the view draw with.
#ifndef APP_ANNOTATE_DRAW_H
#define APP_ANNOTATE_DRAW_H

#include "plugins/text/text.h"

#include <SDL.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct ui_canvas {
    SDL_Renderer *renderer;
    NeroText *text;    // NULL: no font
    int width, height; // of the window, pixels
    int unit;          // height of letters
    int line;          // from line to line
} ui_canvas;

enum {
    UI_BACK = 0x1e2024,
    UI_PANEL = 0x2b2e34,
    UI_LIT = 0x3d5a80,
    UI_INK = 0xe8eaed,
    UI_DIM = 0x9aa0a6,
    UI_WARN = 0xffb454,
};

void ui_fill(const ui_canvas *c, SDL_Rect r, uint32_t rgb, int opacity);
// The outline of r, inside it, `thick` pixels, broken into dashes of `dash` (0: not).
void ui_outline(const ui_canvas *c, SDL_Rect r, int thick, int dash, uint32_t rgb);
int ui_text_width(const ui_canvas *c, const char *text);
// With its left end at x and its line at y; returns its width.
int ui_draw_text(const ui_canvas *c, const char *text, int x, int y, uint32_t rgb);
// The same, cut to `width` with dots in the middle.
int ui_draw_cut(const ui_canvas *c, const char *text, int x, int y, int width, uint32_t rgb);

#endif
