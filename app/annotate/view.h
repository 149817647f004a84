// SPDX-License-Identifier: MIT
// Draws the editor with an SDL renderer.
#ifndef APP_ANNOTATE_VIEW_H
#define APP_ANNOTATE_VIEW_H

#include "app/annotate/draw.h"
#include "app/annotate/editor.h"

typedef struct ui_view ui_view;

// The renderer is borrowed.
ui_view *ui_view_new(SDL_Renderer *renderer);
bool ui_view_has_font(const ui_view *v); // when false, ui_view_new has set SDL_GetError
void ui_view_free(ui_view *v);           // before the renderer
// Draws everything, and tells the editor the size of its canvas.
void ui_view_draw(ui_view *v, ui_editor *e);

// The parts of the view:
void ui_view_boxes(const ui_canvas *c, const ui_editor *e);
void ui_view_status(const ui_canvas *c, const ui_editor *e, int height); // at the lower edge
void ui_view_message(const ui_canvas *c, const ui_editor *e, int bottom);
void ui_view_list(const ui_canvas *c, const ui_editor *e);
void ui_view_help(const ui_canvas *c, ui_editor *e);

#endif
