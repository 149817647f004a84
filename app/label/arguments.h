// SPDX-License-Identifier: MIT
// Command line options of labelling, shared by `label` and `adapt`.
#ifndef APP_LABEL_ARGUMENTS_H
#define APP_LABEL_ARGUMENTS_H

#include "app/cli/files.h"
#include "app/cli/tail.h"
#include "app/label/label.h"

// The raw values of GLib before they are checked.
typedef struct label_arguments {
    char *teachers, *heads, *names, *classes, *map, *scales, *tiles, *range;
    gboolean no_mirror;
    double keep, ignore, overlap;
    int every, min_track, lost, threads;
    app_tail tail;
} label_arguments;

void label_arguments_init(label_arguments *a);
void label_arguments_release(label_arguments *a);

// A command that takes these options.
typedef struct label_command {
    const char *name, *synopsis, *summary;
    const char *which;           // text of the error when there is no input
    const GOptionEntry *entries; // its own options
} label_command;

// Parses a command line with one input, (*argv)[1], and registers the input in `files`. `a` must
// not move afterwards.
nn_status label_arguments_parse(label_arguments *a, const label_command *command, app_files *files,
                                int *argc, char ***argv, nn_error *err);
// Checks the values and fills *o, which holds the defaults before. Strings stay owned by `a`.
// Without --teacher the installed model `street` is the teacher.
nn_status label_arguments_move(label_options *o, const label_arguments *a, nn_error *err);

#endif
