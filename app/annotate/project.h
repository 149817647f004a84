// SPDX-License-Identifier: MIT
// What is being annotated: pictures or frames, where their labels lie, the names of the classes.
#ifndef APP_ANNOTATE_PROJECT_H
#define APP_ANNOTATE_PROJECT_H

#include "nn/data/class_map.h"

#include <stdbool.h>

typedef struct ui_label_format ui_label_format;

// A picture or a frame. Strings are owned.
typedef struct ui_page {
    char *name;                  // file name; NULL: a frame
    char *path;                  // of the picture; NULL for frames
    char *labels;                // of its own label file; NULL: all pages share one
    int width, height;           // of the picture; 0 until it was opened
    int told_width, told_height; // as the labels have it; 0 when they do not say
    char *locked;                // why its labels cannot be edited; NULL: they can
} ui_page;

typedef struct ui_project {
    const ui_label_format *format;
    char *root;    // the folder of a data set; NULL for a video
    char *out;     // where labels are to lie; NULL: where the format has them
    char *labels;  // the label file that all pages share; NULL: each has its own
    char *classes; // file with the names of classes; NULL: the labels say them
    nn_names names;
    int named; // of these, those that are in the file `classes`
    ui_page *pages;
    int count, capacity;
} ui_project;

void ui_project_release(ui_project *p);
// Appends a page; each of the texts may be NULL. Copies.
nn_status ui_project_add(ui_project *p, const char *name, const char *path, const char *labels,
                         nn_error *err);
// Says why a page cannot be edited; the first reason stays.
void ui_page_lock(ui_page *page, const char *format, ...) __attribute__((format(printf, 2, 3)));
// Makes sure that class `label` has a name: "class 7".
nn_status ui_project_name_class(ui_project *p, int label, nn_error *err);
// Appends a class that is not there yet; *label is its index.
nn_status ui_project_add_class(ui_project *p, const char *name, int *label, nn_error *err);
// Its name, or "frame 12"; in `room` when it has to be made.
enum { UI_NAME = 32 };
const char *ui_page_name(const ui_project *p, int page, char room[UI_NAME]);
// The page with such a name; -1.
int ui_project_find(const ui_project *p, const char *name);

// Finds out what lies in folder `dir`, in the layout of `format` (NULL: by what is there; YOLO
// when nothing tells); labels lie in `out` (NULL: where the format has them). NN_ENOTFOUND without
// a picture.
nn_status ui_project_open(ui_project *p, const char *dir, const ui_label_format *format,
                          const char *out, nn_error *err);
// The folder or file that stands for all its labels: for the lock.
const char *ui_project_place(const ui_project *p);
// For a video: labels in `labels`, or beside it under its name.
nn_status ui_project_open_video(ui_project *p, const char *video, const char *labels,
                                nn_error *err);
// Reads the file with the names of classes, if there is one.
nn_status ui_project_load_classes(ui_project *p, nn_error *err);

#endif
