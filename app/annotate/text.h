// SPDX-License-Identifier: MIT
// Growing texts, and edits of a text.
#ifndef APP_ANNOTATE_TEXT_H
#define APP_ANNOTATE_TEXT_H

#include "nn/base/status.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct ui_text {
    char *bytes; // owned, with a NUL behind them; NULL while empty
    size_t size, capacity;
    bool failed; // memory was short: later additions are lost
} ui_text;

void ui_text_release(ui_text *t);
void ui_text_add(ui_text *t, const void *bytes, size_t size);
void ui_text_print(ui_text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
// A number with at most `decimals` digits after the point, without trailing zeros.
void ui_text_number(ui_text *t, double value, int decimals);

// An edit: replaces bytes [at, end).
typedef struct ui_edit {
    size_t at, end, from, size; // the new text: `size` bytes of ui_edits.text, beginning at `from`
} ui_edit;

typedef struct ui_edits {
    ui_edit *list; // owned
    int count, capacity;
    ui_text text;
    bool failed;
} ui_edits;

void ui_edits_release(ui_edits *e);
// Edits may not overlap. Insertions at the same position keep their order.
void ui_edits_replace(ui_edits *e, size_t at, size_t end, const void *bytes, size_t size);
// Appends the changed text. NN_ENOMEM.
nn_status ui_edits_apply(ui_edits *e, const char *text, size_t size, ui_text *out, nn_error *err);

#endif
