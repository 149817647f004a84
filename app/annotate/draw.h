// SPDX-License-Identifier: MIT
// Drawing primitives of the view.
#ifndef APP_ANNOTATE_DRAW_H
#define APP_ANNOTATE_DRAW_H

#include "app/late_sdl.h"
#include "plugins/text/text.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct ui_canvas {
    SDL_Renderer *renderer;
    NeroText *text;    // NULL: no font
    int width, height; // of the window, pixels
    int unit;          // height of letters
    int line;          // distance of lines
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
// Draws the outline of r inside of it, `thick` pixels wide, with dashes of `dash` pixels (0:
// solid).
void ui_outline(const ui_canvas *c, SDL_Rect r, int thick, int dash, uint32_t rgb);
int ui_text_width(const ui_canvas *c, const char *text);
// Draws text from x on, in the line at y; returns its width.
int ui_draw_text(const ui_canvas *c, const char *text, int x, int y, uint32_t rgb);
// The same, shortened to `width` with dots in the middle.
int ui_draw_cut(const ui_canvas *c, const char *text, int x, int y, int width, uint32_t rgb);

#endif
