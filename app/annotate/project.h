// SPDX-License-Identifier: MIT
// The project: pages (pictures or frames), the paths of their labels, the names of the classes.
#ifndef APP_ANNOTATE_PROJECT_H
#define APP_ANNOTATE_PROJECT_H

#include "nn/data/class_map.h"

#include <stdbool.h>

typedef struct ui_label_format ui_label_format;

// A picture or a frame. Strings are owned.
typedef struct ui_page {
    char *name;                  // file name; NULL: a frame
    char *path;                  // of the picture; NULL for frames
    char *labels;                // its own label file; NULL: shared by all pages
    int width, height;           // of the picture; 0 before it is opened
    int told_width, told_height; // size in the labels; 0: none
    char *locked;                // why its labels cannot be edited; NULL: they can
} ui_page;

typedef struct ui_project {
    const ui_label_format *format;
    char *root;    // the folder of a data set; NULL for a video
    char *out;     // where to write labels; NULL: where the format puts them
    char *labels;  // label file of all pages; NULL: one a page
    char *classes; // file with the class names; NULL: the labels contain them
    nn_names names;
    int named; // number of names in the file `classes`
    ui_page *pages;
    int count, capacity;
} ui_project;

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
