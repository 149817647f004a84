// SPDX-License-Identifier: MIT
// Drawing primitives of the view.
#include "app/annotate/draw.h"

#include <glib.h>
#include <string.h>

void ui_fill(const ui_canvas *c, SDL_Rect r, uint32_t rgb, int opacity)
{
    if (r.w <= 0 || r.h <= 0)
        return;
    SDL_SetRenderDrawBlendMode(c->renderer,
                               opacity < 255 ? SDL_BLENDMODE_BLEND : SDL_BLENDMODE_NONE);
    SDL_SetRenderDrawColor(c->renderer, rgb >> 16 & 255, rgb >> 8 & 255, rgb & 255, (Uint8)opacity);
    SDL_RenderFillRect(c->renderer, &r);
}

// A horizontal (w > h) or vertical line; only its visible dashes are drawn.
static void stroke(const ui_canvas *c, SDL_Rect r, int dash, uint32_t rgb)
{
    const bool across = r.w >= r.h;
    const int length = across ? r.w : r.h, from = across ? r.x : r.y;
    const int seen = across ? c->width : c->height, step = dash > 0 ? dash * 2 : MAX(length, 1);
    int at = from < 0 ? -from / step * step : 0;
    for (; at < length && from + at < seen; at += step) {
        const int n = MIN(dash > 0 ? dash : length, length - at);
        ui_fill(c, across ? (SDL_Rect){r.x + at, r.y, n, r.h} : (SDL_Rect){r.x, r.y + at, r.w, n},
                rgb, 255);
    }
}

void ui_outline(const ui_canvas *c, SDL_Rect r, int thick, int dash, uint32_t rgb)
{
    thick = MAX(MIN(thick, MIN(r.w, r.h)), 1);
    stroke(c, (SDL_Rect){r.x, r.y, r.w, thick}, dash, rgb);
    stroke(c, (SDL_Rect){r.x, r.y + r.h - thick, r.w, thick}, dash, rgb);
    stroke(c, (SDL_Rect){r.x, r.y, thick, r.h}, dash, rgb);
    stroke(c, (SDL_Rect){r.x + r.w - thick, r.y, thick, r.h}, dash, rgb);
}

int ui_text_width(const ui_canvas *c, const char *text)
{
    int w, h;
    nero_text_measure(c->text, text, &w, &h);
    return w;
}

int ui_draw_text(const ui_canvas *c, const char *text, int x, int y, uint32_t rgb)
{
    const SDL_Color colour = {rgb >> 16 & 255, rgb >> 8 & 255, rgb & 255, 255};
    nero_text_draw(c->text, text, x, y, colour);
    return ui_text_width(c, text);
}

// The first and last letters of a text, `keep` in total; the caller frees it.
static char *cut(const char *text, glong length, glong keep)
{
    g_autofree char *head = g_utf8_substring(text, 0, keep / 2);
    g_autofree char *tail = g_utf8_substring(text, length - (keep - keep / 2), length);
    return g_strconcat(head, "\u2026", tail, NULL);
}

int ui_draw_cut(const ui_canvas *c, const char *text, int x, int y, int width, uint32_t rgb)
{
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    if (ui_text_width(c, valid) <= width)
        return ui_draw_text(c, valid, x, y, rgb);
    const glong length = g_utf8_strlen(valid, -1);
    glong low = 2, high = length; // low fits, or is too short to show; high does not fit
    while (high - low > 1) {
        const glong middle = (low + high) / 2;
        g_autofree char *tried = cut(valid, length, middle);
        *(ui_text_width(c, tried) <= width ? &low : &high) = middle;
    }
    g_autofree char *shown = cut(valid, length, low);
    return low > 2 ? ui_draw_text(c, shown, x, y, rgb) : 0;
}
