// SPDX-License-Identifier: MIT
// Text that grows, and text of which parts are replaced.
#ifndef APP_ANNOTATE_TEXT_H
#define APP_ANNOTATE_TEXT_H

#include "nn/base/status.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct ui_text {
    char *bytes; // owned, with a NUL behind them; NULL while empty
    size_t size, capacity;
    bool failed; // no memory: what was added since is lost
} ui_text;

void ui_text_release(ui_text *t);
void ui_text_add(ui_text *t, const void *bytes, size_t size);
void ui_text_print(ui_text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
// A number with at most `decimals` digits behind the point, zeros at the end left out.
void ui_text_number(ui_text *t, double value, int decimals);

// What is to change in a text: bytes [at, end) become others.
typedef struct ui_edit {
    size_t at, end, from, size; // the new ones: `size` bytes of ui_edits.text from `from` on
} ui_edit;

typedef struct ui_edits {
    ui_edit *list; // owned
    int count, capacity;
    ui_text text;
    bool failed;
} ui_edits;

void ui_edits_release(ui_edits *e);
// Parts may not overlap; what is put in at one place keeps its order.
void ui_edits_replace(ui_edits *e, size_t at, size_t end, const void *bytes, size_t size);
// Appends the changed text. NN_ENOMEM.
nn_status ui_edits_apply(ui_edits *e, const char *text, size_t size, ui_text *out, nn_error *err);

#endif
