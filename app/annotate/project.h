// SPDX-License-Identifier: MIT
// The project: finds its pages, the paths of their labels and the names of the classes.
#ifndef APP_ANNOTATE_PROJECT_H
#define APP_ANNOTATE_PROJECT_H

#include "app/annotate/pages.h"

void ui_project_release(ui_project *p);
// Appends a page; the texts are copied, each may be NULL.
nn_status ui_project_add(ui_project *p, const char *name, const char *path, const char *labels,
                         nn_error *err);
// Sets why a page cannot be edited; the first reason stays.
void ui_page_lock(ui_page *page, const char *format, ...) __attribute__((format(printf, 2, 3)));
// Gives class `label` a name if it has none: "class 7".
nn_status ui_project_name_class(ui_project *p, int label, nn_error *err);
// Appends a class if it is new; *label gets its index.
nn_status ui_project_add_class(ui_project *p, const char *name, int *label, nn_error *err);
// The name of a page, or "frame 12", which is written into `room`.
enum { UI_NAME = 32 };
const char *ui_page_name(const ui_project *p, int page, char room[UI_NAME]);
// Index of the page with this name; -1.
int ui_project_find(const ui_project *p, const char *name);

// Opens folder `dir` in the layout of `format` (NULL: recognised by its files, else YOLO). Labels
// are in `out` (NULL: where the format puts them). NN_ENOTFOUND without pictures.
nn_status ui_project_open(ui_project *p, const char *dir, const ui_label_format *format,
                          const char *out, nn_error *err);
// The folder or file that is locked for all labels.
const char *ui_project_place(const ui_project *p);
// Opens a video; its labels are in `labels`, or beside it under its name.
nn_status ui_project_open_video(ui_project *p, const char *video, const char *labels,
                                nn_error *err);
// Reads the file with the class names, if there is one.
nn_status ui_project_load_classes(ui_project *p, nn_error *err);

#endif
