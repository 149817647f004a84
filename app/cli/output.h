// SPDX-License-Identifier: MIT
// Files that commands write: others see them whole or not at all.
#ifndef APP_CLI_OUTPUT_H
#define APP_CLI_OUTPUT_H

#include "nn/base/status.h"

#include <stdio.h>

typedef struct app_output {
    FILE *file;       // to print to; NULL when nothing is open
    const char *path; // the caller's
    char *temporary;
    int fd;
} app_output;

// Opens what is going to be `path`, which keeps what it holds until the end; "-" is stdout. Errors
// name the path.
nn_status app_output_open(app_output *o, const char *path, nn_error *err);

// Ends it: `path` holds what was printed when all of that could be written and `status` is NN_OK,
// else what it held before. Returns `status`, or why it could not be written. An output that is
// not open has nothing to end.
nn_status app_output_close(app_output *o, nn_status status, nn_error *err);

// Whether `path` can be written, for asking before long work; what it holds stays.
nn_status app_output_check(const char *path, nn_error *err);

#endif
