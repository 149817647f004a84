// SPDX-License-Identifier: MIT
// Boxes that a model suggests: they wait until somebody accepts or rejects them.
#ifndef APP_ANNOTATE_SUGGEST_H
#define APP_ANNOTATE_SUGGEST_H

#include "app/annotate/editor.h"

// A model file or an installed model; threshold < 0: its own.
nn_status ui_suggest_open(ui_suggest **out, const char *model, double threshold, nn_error *err);
void ui_suggest_close(ui_suggest *s);
// Names of its classes, borrowed.
const char *const *ui_suggest_classes(const ui_suggest *s, int *count);

void ui_suggest_run(ui_editor *e); // on the picture that is shown
// Actions: the selected one when it is suggested, else all.
void ui_suggest_ask(ui_editor *e, int unused);
void ui_suggest_accept(ui_editor *e, int unused);
void ui_suggest_reject(ui_editor *e, int unused);
void ui_suggest_threshold(ui_editor *e, int percent); // more or less, and asks again
void ui_suggest_automatic(ui_editor *e, int unused);  // asks on every picture without boxes

#endif
