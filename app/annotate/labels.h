// SPDX-License-Identifier: MIT
// Label files as texts with boxes in them: what is not edited stays as it is, to the byte.
#ifndef APP_ANNOTATE_LABELS_H
#define APP_ANNOTATE_LABELS_H

#include "app/annotate/boxes.h"
#include "app/annotate/project.h"
#include "app/annotate/text.h"

#include <stdint.h>

typedef struct ui_span {
    size_t at, end; // bytes of the text; 0, 0: there is none
} ui_span;

// What a box says, each at its own place in the text.
typedef enum ui_field {
    UI_CLASS,
    UI_X,
    UI_Y,
    UI_W,
    UI_H,
    UI_SCORE, // and whether it is to be ignored
    UI_ID,
    UI_AREA, // what follows from the others, or comes behind them
    UI_FIELDS
} ui_field;

// A box as it stands in the text.
typedef struct ui_record {
    ui_span span;             // the line or element
    ui_span field[UI_FIELDS]; // 0, 0: this format or record has none
    ui_box box;               // as it was read
    int page;
    int columns; // of the line; the item of an array
} ui_record;

// A label file as it was first read. Records keep their places as long as it is open, whatever is
// written meanwhile: the file is always made anew from this text and the boxes of now.
typedef struct ui_labels {
    char *text; // owned, with a NUL behind it
    size_t size;
    ui_record *records; // owned
    int count, capacity;
    size_t insert; // where new boxes go
    void *extra;   // the format's own, for release()
} ui_labels;

// A format: one file, labels_NAME.c, with `const ui_label_format ui_labels_NAME`, a word in
// meson.build.
struct ui_label_format {
    const char *name; // --format
    const char *title;
    bool single; // one file holds all pages
    // The text of a file that does not exist yet; NULL: nothing.
    void (*empty)(ui_text *out, const ui_project *p, int page);
    // Whether folder `dir` has labels in this format.
    bool (*recognise)(const char *dir);
    // Adds the pages of a folder and says where labels are; p->root is set.
    nn_status (*find)(ui_project *p, nn_error *err);
    // Appends the records of l->text: those of `page`, or of all pages when the file is shared.
    // Adds names of classes, locks pages whose labels cannot be read. NN_EFORMAT: the whole file.
    nn_status (*parse)(ui_labels *l, ui_project *p, int page, nn_error *err);
    // Writes a field of a box as it would stand at r's place; false: this record cannot say it.
    bool (*field)(ui_text *out, const ui_labels *l, const ui_project *p, const ui_record *r,
                  ui_field field, const ui_box *box);
    // Removes the records that have no box (`gone`) and puts in the boxes that have no record.
    nn_status (*change)(ui_edits *e, const ui_labels *l, const ui_project *p, const bool *gone,
                        const ui_sheet *sheets, int first, int pages, nn_error *err);
    void (*release)(ui_labels *l); // of l->extra; NULL: nothing
};

const ui_label_format *ui_label_format_find(const char *name); // NULL when there is none
const ui_label_format *ui_label_format_at(int index);          // NULL behind the last

// Takes over `text` (nn_alloc, with a NUL behind its `size` bytes) and parses it. On failure l is
// empty.
nn_status ui_labels_parse(ui_labels *l, ui_project *p, int page, char *text, size_t size,
                          nn_error *err);
void ui_labels_release(ui_labels *l, const ui_label_format *format);
// The whole file with these boxes: sheets[i] are those of page first + i.
nn_status ui_labels_print(ui_text *out, const ui_labels *l, const ui_project *p,
                          const ui_sheet *sheets, int first, int pages, nn_error *err);

// For formats:

// Appends a record; its box refers to it. NULL when short of memory.
ui_record *ui_labels_add(ui_labels *l, int page);
// For files of lines: removes the lines of what is gone.
void ui_lines_remove(ui_edits *e, const ui_labels *l, const bool *gone);
// Where the first line begins: behind a byte order mark.
size_t ui_lines_start(const ui_labels *l);
// The end of line that the text uses.
const char *ui_lines_end(const ui_labels *l);
// Puts whole lines in at the end, behind a last line that is not ended.
void ui_lines_append(ui_edits *e, const ui_labels *l, const ui_text *lines);
// Cuts the line at `at` out into `line`; returns its length with its end, 0 behind the last line,
// < 0 when it is too long or holds a NUL.
int ui_lines_next(const ui_labels *l, size_t at, char *line, int room);

#endif
