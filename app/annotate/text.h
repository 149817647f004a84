// SPDX-License-Identifier: MIT
// Edits of a text.
#ifndef APP_ANNOTATE_TEXT_H
#define APP_ANNOTATE_TEXT_H

#include "nn/io/buffer.h"

// An edit: replaces bytes [at, end).
typedef struct ui_edit {
    size_t at, end, from, size; // the new text: `size` bytes of ui_edits.text, beginning at `from`
} ui_edit;

typedef struct ui_edits {
    ui_edit *list; // owned
    int count, capacity;
    nn_buffer text;
    bool failed;
} ui_edits;

void ui_edits_release(ui_edits *e);
// Edits may not overlap. Insertions at the same position keep their order.
void ui_edits_replace(ui_edits *e, size_t at, size_t end, const void *bytes, size_t size);
// Appends the changed text. NN_ENOMEM.
nn_status ui_edits_apply(ui_edits *e, const char *text, size_t size, nn_buffer *out, nn_error *err);

#endif
