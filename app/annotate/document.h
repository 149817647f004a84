// SPDX-License-Identifier: MIT
// The document: all pages with their boxes, undo and redo, and saving.
#ifndef APP_ANNOTATE_DOCUMENT_H
#define APP_ANNOTATE_DOCUMENT_H

#include "app/annotate/labels.h"
#include "app/annotate/project.h"

typedef struct ui_document ui_document;

// Takes over the project (also on failure). NN_EFORMAT: the label file of all pages cannot be read;
// the error names it.
nn_status ui_document_new(ui_document **out, ui_project *project, nn_error *err);
void ui_document_free(ui_document *d); // does not save

ui_project *ui_document_project(ui_document *d); // pages may be added but not removed
// Reads the boxes of a page whose picture has this size. A page whose labels cannot be read, or are
// for another size, is locked.
void ui_document_open(ui_document *d, int page, int width, int height);
// The boxes of a page; none before it is opened. Valid until the next change.
ui_sheet ui_document_sheet(ui_document *d, int page);

// Replaces the boxes of a page; false when it is locked or not opened. Changes belong to one undo
// step until it is committed.
bool ui_document_set(ui_document *d, int page, const ui_box *boxes, int count);
// Ends an undo step. A step with the same tag (not 0) as the previous one, on the same page, is
// merged with it.
void ui_document_commit(ui_document *d, int tag);
// The first page of the step; -1 when there is nothing to undo or redo.
int ui_document_undo(ui_document *d);
int ui_document_redo(ui_document *d);

// Adds a class by name for new boxes; returns its index, -1 when there are too many.
int ui_document_add_class(ui_document *d, const char *name);

typedef struct ui_filter {
    enum { UI_ALL, UI_EMPTY, UI_BOXED, UI_LOCKED, UI_OF_CLASS } what;
    int label;
} ui_filter;

// Whether a page passes the filter; reads its labels if it is not opened yet.
bool ui_document_matches(ui_document *d, int page, ui_filter f);

bool ui_document_dirty(const ui_document *d); // there are unsaved changes
// Saves changed files, each completely or not at all. A page that cannot be saved stays changed;
// the first error is returned.
nn_status ui_document_save(ui_document *d, nn_error *err);
// Checks before the first edit that all files can be written.
nn_status ui_document_check(ui_document *d, nn_error *err);

#endif
