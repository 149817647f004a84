// SPDX-License-Identifier: MIT
// No command replaces a file unasked.
#ifndef APP_CLI_CLAIM_H
#define APP_CLI_CLAIM_H

#include "nn/base/status.h"

#include <stdbool.h>

// The rule of all commands for a file that the user names for output, before any work: its folder
// is made, and a file with content is not replaced unasked. With `force` it is; otherwise a user at
// a terminal is asked, and without a terminal it is NN_EINVAL, which names `what`, the option, and
// --force. Also checks whether it can be written. "-", devices, pipes and empty files need no
// answer.
nn_status app_claim(const char *what, const char *path, bool force, nn_error *err);

// The same for a folder, which counts as there when it holds the file `mark`, such as "report.md".
// Makes it.
nn_status app_claim_folder(const char *what, const char *path, const char *mark, bool force,
                           nn_error *err);

#endif
