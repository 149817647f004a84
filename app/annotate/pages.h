// SPDX-License-Identifier: MIT
// What a project consists of: pages (pictures or frames), label files, names of classes.
#ifndef APP_ANNOTATE_PAGES_H
#define APP_ANNOTATE_PAGES_H

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

#endif
