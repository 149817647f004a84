// SPDX-License-Identifier: MIT
// Output files that are complete or absent for other programs.
#ifndef APP_CLI_OUTPUT_H
#define APP_CLI_OUTPUT_H

#include "nn/base/status.h"

#include <stdio.h>

typedef struct app_output {
    FILE *file;       // to print to; NULL when closed
    const char *path; // borrowed
    char *temporary;
    int fd;
} app_output;

// Opens an output for `path`, whose old content stays until the end; "-" is stdout. Errors name the
// path.
nn_status app_output_open(app_output *o, const char *path, nn_error *err);

// Closes it. When everything was written and `status` is NN_OK, `path` gets the new content;
// otherwise it keeps the old one. Returns `status`, or why writing failed. Does nothing when it is
// not open.
nn_status app_output_close(app_output *o, nn_status status, nn_error *err);

// Writes a copy of a file to `path`, whole or not at all.
nn_status app_output_copy(const char *path, const char *from, nn_error *err);

// Checks before long work whether `path` can be written; its content stays.
nn_status app_output_check(const char *path, nn_error *err);

#endif
