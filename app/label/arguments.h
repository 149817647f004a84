// SPDX-License-Identifier: MIT
// The command line options of labelling, for `label` and `adapt`.
#ifndef APP_LABEL_ARGUMENTS_H
#define APP_LABEL_ARGUMENTS_H

#include "app/label/label.h"

// The raw values of GLib before they are checked.
typedef struct label_arguments {
    char *teachers, *heads, *labels_file, *classes, *map, *scales, *tiles, *range;
    gboolean no_mirror;
    double keep, ignore, overlap;
    int every, min_track, lost, threads;
} label_arguments;

void label_arguments_init(label_arguments *a);
void label_arguments_release(label_arguments *a);
// Adds the options to a parser; `a` must not move until parsing is done.
void label_arguments_add(GOptionGroup *group, label_arguments *a);
// Checks, and moves them; *o is set to the defaults before. Texts stay those of `a`. Without
// --teacher the installed model `street` is asked.
nn_status label_arguments_move(label_options *o, const label_arguments *a, nn_error *err);

#endif
