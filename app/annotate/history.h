// SPDX-License-Identifier: MIT
// Undo steps: the boxes of pages before and after.
#ifndef APP_ANNOTATE_HISTORY_H
#define APP_ANNOTATE_HISTORY_H

#include "app/annotate/boxes.h"

#include <glib.h>

typedef struct ui_change {
    int page;
    GArray *before, *after; // of ui_box; shared references
} ui_change;

typedef struct ui_history {
    GPtrArray *done, *undone; // of GArray of ui_change
    GArray *open;             // the step in progress; NULL: none
    int tag;                  // of the last step
} ui_history;

void ui_history_init(ui_history *h);
void ui_history_release(ui_history *h);
// Takes a reference to both arrays.
void ui_history_add(ui_history *h, int page, GArray *before, GArray *after);
// Ends the step; see ui_document_commit.
void ui_history_commit(ui_history *h, int tag);
// The changes to undo or redo, in this order; NULL when there are none.
const GArray *ui_history_undo(ui_history *h);
const GArray *ui_history_redo(ui_history *h);

#endif
