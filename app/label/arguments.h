// SPDX-License-Identifier: MIT
// The command line options of labelling, for `label` and `adapt`.
#ifndef APP_LABEL_ARGUMENTS_H
#define APP_LABEL_ARGUMENTS_H

#include "app/cli/files.h"
#include "app/label/label.h"

// The raw values of GLib before they are checked.
typedef struct label_arguments {
    char *teachers, *heads, *names, *classes, *map, *scales, *tiles, *range;
    gboolean no_mirror;
    double keep, ignore, overlap;
    int every, min_track, lost, threads;
} label_arguments;

void label_arguments_init(label_arguments *a);
void label_arguments_release(label_arguments *a);

// A command of these options.
typedef struct label_command {
    const char *name, *synopsis, *summary;
    const char *which;           // is asked when there is no input
    const GOptionEntry *entries; // its own options
} label_command;

// Parses a command line that has one input, (*argv)[1], and notes that in `files`. `a` stays where
// it is.
nn_status label_arguments_parse(label_arguments *a, const label_command *command, app_files *files,
                                int *argc, char ***argv, nn_error *err);
// Checks, and moves them; *o is set to the defaults before. Texts stay those of `a`. Without
// --teacher the installed model `street` is asked.
nn_status label_arguments_move(label_options *o, const label_arguments *a, nn_error *err);

#endif
