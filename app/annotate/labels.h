// SPDX-License-Identifier: MIT
// Label files as texts that contain boxes. What is not edited stays identical to the byte.
#ifndef APP_ANNOTATE_LABELS_H
#define APP_ANNOTATE_LABELS_H

#include "app/annotate/boxes.h"
#include "app/annotate/pages.h"
#include "app/annotate/text.h"

#include <stdint.h>

typedef struct ui_span {
    size_t at, end; // byte range in the text; 0, 0: none
} ui_span;

// A field of a box, with its own place in the text.
typedef enum ui_field {
    UI_CLASS,
    UI_X,
    UI_Y,
    UI_W,
    UI_H,
    UI_SCORE, // includes "ignore"
    UI_ID,
    UI_AREA, // derived from other fields, or written behind them
    UI_FIELDS
} ui_field;

// A box in the text.
typedef struct ui_record {
    ui_span span;             // the line or element
    ui_span field[UI_FIELDS]; // 0, 0: the format or the record does not have it
    ui_box box;               // as it was read
    int page;
    int columns; // of the line; index in an array
} ui_record;

// A label file as first read. Records are valid as long as it is open, whatever is saved: the new
// file is always made of this text and the current boxes.
typedef struct ui_labels {
    char *text; // owned, with a NUL behind it
    size_t size;
    ui_record *records; // owned
    int count, capacity;
    size_t insert; // position for new boxes
    void *extra;   // private to the format; see release()
} ui_labels;

// A format: one file, labels_NAME.c, with `const ui_label_format ui_labels_NAME`, and a word in
// meson.build.
struct ui_label_format {
    const char *name; // --format
    const char *title;
    bool single; // one file for all pages
    // Writes the text of a new file; NULL: nothing.
    void (*empty)(nn_buffer *out, const ui_project *p, int page);
    // Whether folder `dir` has labels in this format.
    bool (*recognise)(const char *dir);
    // Adds the pages of a folder with the paths of their labels; p->root is set.
    nn_status (*find)(ui_project *p, nn_error *err);
    // Appends the records of l->text: those of `page`, or of all pages when the file is shared.
    // Adds names of classes; locks pages whose labels cannot be read. NN_EFORMAT: the whole file
    // cannot be read.
    nn_status (*parse)(ui_labels *l, ui_project *p, int page, nn_error *err);
    // Writes a field of a box as text for r's place; false: this record cannot hold it.
    bool (*field)(nn_buffer *out, const ui_labels *l, const ui_project *p, const ui_record *r,
                  ui_field field, const ui_box *box);
    // Removes the records without a box (`gone`) and inserts the boxes without a record.
    nn_status (*change)(ui_edits *e, const ui_labels *l, const ui_project *p, const bool *gone,
                        const ui_sheet *sheets, int first, int pages, nn_error *err);
    void (*release)(ui_labels *l); // frees l->extra; NULL: nothing to free
};

const ui_label_format *ui_label_format_find(const char *name); // NULL when there is none
const ui_label_format *ui_label_format_at(int index);          // NULL past the last

// Takes over `text` (from nn_alloc, `size` bytes and a NUL) and parses it. On failure l is empty.
nn_status ui_labels_parse(ui_labels *l, ui_project *p, int page, char *text, size_t size,
                          nn_error *err);
void ui_labels_release(ui_labels *l, const ui_label_format *format);
// Writes the whole file with these boxes: sheets[i] are those of page first + i.
nn_status ui_labels_print(nn_buffer *out, const ui_labels *l, const ui_project *p,
                          const ui_sheet *sheets, int first, int pages, nn_error *err);

// For the formats:

// Appends a record, whose box refers to it. NULL when memory is short.
ui_record *ui_labels_add(ui_labels *l, int page);
// For line-based files: removes the lines without a box.
void ui_lines_remove(ui_edits *e, const ui_labels *l, const bool *gone);
// Start of the first line, behind a byte order mark.
size_t ui_lines_start(const ui_labels *l);
// The line ending of the text.
const char *ui_lines_end(const ui_labels *l);
// Appends whole lines at the end, also behind a last line without an ending.
void ui_lines_append(ui_edits *e, const ui_labels *l, const nn_buffer *lines);
// Copies the line at `at` into `line`. Returns its length with its ending; 0 past the last line; <
// 0 when it is too long or contains a NUL.
int ui_lines_next(const ui_labels *l, size_t at, char *line, int room);

#endif
