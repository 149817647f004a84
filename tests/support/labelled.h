// SPDX-License-Identifier: MIT
// Data sets made and read by tests: pictures, folders of any format, and the notes on them.
#ifndef TESTS_SUPPORT_LABELLED_H
#define TESTS_SUPPORT_LABELLED_H

#include "nn/data/folder.h"
#include "tests/support/files.h"

// The notes taken while a data set was read.
typedef struct notebook {
    int count;
    char all[8192];
} notebook;

// For nn_notes.
void take_note(void *ctx, const char *line);
// A black PNG in the test's folder.
void make_picture(const char *name, int width, int height);

// A dark picture with bright boxes.
nn_image paint_boxes(int w, int h, const nn_truth *t, int n);
// Pictures of 120x80 in memory, `first` and `second` of two sources, each with the same two boxes.
void make_boxes(nn_dataset *d, int first, int second);

// A data set of one folder, with the names that its files hold as labels.
typedef struct set {
    nn_dataset data;
    nn_names names;
    nn_class_map map;
    notebook book;
    test_path path;
} set;

nn_status read_set(set *s, const char *name, const char *list, nn_data_kind kind, nn_error *err);
void release_set(set *s);

#endif
