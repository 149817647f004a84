// SPDX-License-Identifier: MIT
// Suggestions: boxes of a model that the user accepts or rejects.
#ifndef APP_ANNOTATE_SUGGEST_H
#define APP_ANNOTATE_SUGGEST_H

#include "app/annotate/editor.h"

// `model` is a file or an installed model; threshold < 0: the model's own.
nn_status ui_suggest_open(ui_suggest **out, const char *model, double threshold, nn_error *err);
void ui_suggest_close(ui_suggest *s);
// Names of its classes, borrowed.
const char *const *ui_suggest_classes(const ui_suggest *s, int *count);

void ui_suggest_run(ui_editor *e); // on the current picture
// Actions on the selected box when it is a suggestion, else on all of them.
void ui_suggest_ask(ui_editor *e, int unused);
void ui_suggest_accept(ui_editor *e, int unused);
void ui_suggest_reject(ui_editor *e, int unused);
void ui_suggest_threshold(ui_editor *e, int percent); // changes the threshold and suggests again
void ui_suggest_automatic(ui_editor *e, int unused);  // suggests on every picture without boxes

#endif
