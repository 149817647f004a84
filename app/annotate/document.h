// SPDX-License-Identifier: MIT
// All pages with their boxes: what an edit changes, undo and redo, and what goes to the disk.
#ifndef APP_ANNOTATE_DOCUMENT_H
#define APP_ANNOTATE_DOCUMENT_H

#include "app/annotate/labels.h"

typedef struct ui_document ui_document;

// Takes over the project (also on failure). NN_EFORMAT: a label file shared by all pages cannot be
// read. Text of errors names files.
nn_status ui_document_new(ui_document **out, ui_project *project, nn_error *err);
void ui_document_free(ui_document *d); // does not save

ui_project *ui_document_project(ui_document *d); // pages may be added, never removed
// Reads the boxes of a page, whose picture has this size. Labels that cannot be read, or are for
// another size, lock the page.
void ui_document_open(ui_document *d, int page, int width, int height);
// Its boxes; none before it was opened. Valid until the next change.
ui_sheet ui_document_sheet(ui_document *d, int page);

// Puts other boxes in place of a page's; false when it is locked or was not opened. Changes belong
// to one step until it is committed.
bool ui_document_set(ui_document *d, int page, const ui_box *boxes, int count);
// Ends a step. One that has the same tag (not 0) as the step before, on the same page, joins it.
void ui_document_commit(ui_document *d, int tag);
// The page that the step changed first; -1 when there is nothing to undo or redo.
int ui_document_undo(ui_document *d);
int ui_document_redo(ui_document *d);

// A class by name, for new boxes; index or -1 when there are too many.
int ui_document_add_class(ui_document *d, const char *name);

typedef struct ui_filter {
    enum { UI_ALL, UI_EMPTY, UI_BOXED, UI_LOCKED, UI_OF_CLASS } what;
    int label;
} ui_filter;

// Whether a page is wanted; reads its labels when it was not opened yet.
bool ui_document_matches(ui_document *d, int page, ui_filter f);

bool ui_document_dirty(const ui_document *d); // something is not written yet
// Writes what changed: whole files or none. A page that cannot be written stays dirty; the first
// reason is returned.
nn_status ui_document_save(ui_document *d, nn_error *err);
// Whether all that is to be written can be, before anything is edited.
nn_status ui_document_check(ui_document *d, nn_error *err);

#endif
