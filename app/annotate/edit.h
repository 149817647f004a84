// SPDX-License-Identifier: MIT
// The actions on boxes, for the table of actions.
#ifndef APP_ANNOTATE_EDIT_H
#define APP_ANNOTATE_EDIT_H

#include "app/annotate/editor.h"

void ui_edit_delete(ui_editor *e, int unused);
void ui_edit_nudge(ui_editor *e, int how);   // UI_NUDGE(dx, dy, size)
void ui_edit_label(ui_editor *e, int label); // of the selected box and of new ones
void ui_edit_ignore(ui_editor *e, int unused);
void ui_edit_duplicate(ui_editor *e, int unused);
void ui_edit_copy(ui_editor *e, int unused);
void ui_edit_paste(ui_editor *e, int unused);
void ui_edit_previous(ui_editor *e, int unused); // copies the boxes of the previous page
void ui_edit_fill(ui_editor *e, int unused);     // interpolates
void ui_edit_cycle(ui_editor *e, int step);      // selects the next box

// Steps of -10 .. 10 pixels in position or size, packed into one number.
#define UI_NUDGE(dx, dy, size) (((dx) + 16) | ((dy) + 16) << 8 | (size) << 16)

// Fills the frames between `page` and the nearest earlier and later key frames of object `id`. A
// key frame is one whose box was not interpolated. Belongs to the open undo step; returns the
// number of boxes that were made or updated.
int ui_interpolate(ui_document *d, int page, int id);

#endif
