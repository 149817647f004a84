// SPDX-License-Identifier: MIT
// Draws boxes over the picture: outlines, names, handles, cross hairs.
#include "app/annotate/view.h"
#include "nn/vision/palette.h"

#include <math.h>

static SDL_Rect on_canvas(const ui_editor *e, const ui_box *b)
{
    const double most = 1e6; // far enough outside of the window
    const int x0 = (int)lrint(fmax(fmin(e->left + b->x0 * e->zoom, most), -most));
    const int y0 = (int)lrint(fmax(fmin(e->top + b->y0 * e->zoom, most), -most));
    const int x1 = (int)lrint(fmax(fmin(e->left + b->x1 * e->zoom, most), -most));
    const int y1 = (int)lrint(fmax(fmin(e->top + b->y1 * e->zoom, most), -most));
    return (SDL_Rect){x0, y0, MAX(x1 - x0, 1), MAX(y1 - y0, 1)};
}

// Draws text on a background with its lower left corner at x, y, within the canvas.
static void plate(const ui_canvas *c, const ui_editor *e, const char *text, int x, int y,
                  uint32_t rgb)
{
    const int w = ui_text_width(c, text) + c->unit / 2;
    x = MAX(MIN(x, e->width - w), 0);
    y = MAX(MIN(y - c->line, e->height - c->line), 0);
    ui_fill(c, (SDL_Rect){x, y, w, c->line}, rgb, 230);
    ui_draw_text(c, text, x + c->unit / 4, y, nn_palette_is_bright(rgb) ? 0x000000 : 0xffffff);
}

static void write_name(const ui_canvas *c, const ui_editor *e, const ui_box *b, SDL_Rect r)
{
    const nn_names *names = &ui_document_project(e->doc)->names;
    const char *name = b->label >= 0 && b->label < names->count ? names->name[b->label] : "?";
    g_autoptr(GString) text = g_string_new(name);
    if (b->id > 0)
        g_string_append_printf(text, " #%d", b->id);
    if (b->suggested)
        g_string_append_printf(text, " %.0f%%", b->score * 100);
    if (b->ignore)
        g_string_append(text, " (ignore)");
    plate(c, e, text->str, r.x, r.y, nn_palette(b->label));
}

static void cross_out(const ui_canvas *c, SDL_Rect r, uint32_t rgb)
{
    SDL_SetRenderDrawBlendMode(c->renderer, SDL_BLENDMODE_BLEND);
    SDL_SetRenderDrawColor(c->renderer, rgb >> 16 & 255, rgb >> 8 & 255, rgb & 255, 150);
    SDL_RenderDrawLine(c->renderer, r.x, r.y, r.x + r.w, r.y + r.h);
    SDL_RenderDrawLine(c->renderer, r.x, r.y + r.h, r.x + r.w, r.y);
}

static void draw_box(const ui_canvas *c, const ui_editor *e, const ui_box *b, bool selected)
{
    const SDL_Rect r = on_canvas(e, b);
    const uint32_t rgb = nn_palette(b->label);
    const int thick = MAX(c->unit / 8, 1) + 1 + selected, dash = b->suggested ? c->unit / 2 : 0;
    if (r.x > e->width || r.y > e->height || r.x + r.w < 0 || r.y + r.h < 0)
        return;
    if (selected)
        ui_fill(c, r, rgb, 40);
    const SDL_Rect outer = {r.x - 1, r.y - 1, r.w + 2, r.h + 2};
    ui_outline(c, outer, 1, dash, 0x000000); // visible on any picture
    ui_outline(c, r, thick, dash ? dash : b->filled ? thick * 2 : 0, rgb);
    if (b->ignore)
        cross_out(c, r, rgb);
    if (!e->bare || selected)
        write_name(c, e, b, r);
}

static void draw_handles(const ui_canvas *c, const ui_editor *e, const ui_box *b)
{
    const SDL_Rect r = on_canvas(e, b);
    const int side = MAX(c->unit / 2, 5) | 1;
    for (int i = 0; i < 9; i++) {
        const int x = r.x + r.w * (i % 3) / 2 - side / 2, y = r.y + r.h * (i / 3) / 2 - side / 2;
        const bool small = (i % 3 == 1 && r.w < side * 4) || (i / 3 == 1 && r.h < side * 4);
        if (i == 4 || small)
            continue;
        ui_fill(c, (SDL_Rect){x - 1, y - 1, side + 2, side + 2}, 0x000000, 255);
        ui_fill(c, (SDL_Rect){x, y, side, side}, 0xffffff, 255);
    }
}

// Cross hairs through the pointer, which show what the edges will touch.
static void draw_cross(const ui_canvas *c, const ui_editor *e)
{
    const int x = (int)e->pointer.x, y = (int)e->pointer.y;
    ui_fill(c, (SDL_Rect){x, 0, 1, e->height}, 0xffffff, 110);
    ui_fill(c, (SDL_Rect){0, y, e->width, 1}, 0xffffff, 110);
}

static void draw_dragged(const ui_canvas *c, const ui_editor *e)
{
    char size[64];
    ui_box b = e->pointer.box;
    const SDL_Rect r = on_canvas(e, &b);
    draw_box(c, e, &b, true);
    g_snprintf(size, sizeof size, "%.0f x %.0f", b.x1 - b.x0, b.y1 - b.y0);
    plate(c, e, size, r.x + r.w + c->unit / 3, r.y + r.h + c->line, UI_PANEL);
}

void ui_view_boxes(const ui_canvas *c, const ui_editor *e)
{
    const ui_sheet s = ui_editor_sheet(e);
    const ui_drag drag = e->pointer.drag;
    const bool changing = drag == UI_MOVING || drag == UI_RESIZING;
    for (int i = 0; i < s.count; i++)
        if (i != e->selected)
            draw_box(c, e, &s.boxes[i], false);
    if (e->selected >= 0 && e->selected < s.count && !changing) {
        draw_box(c, e, &s.boxes[e->selected], true);
        draw_handles(c, e, &s.boxes[e->selected]);
    }
    if (changing || drag == UI_DRAWING)
        draw_dragged(c, e);
    if (drag == UI_DRAWING || drag == UI_RESIZING || (e->pointer.draw && e->pointer.inside))
        draw_cross(c, e);
}
