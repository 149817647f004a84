// SPDX-License-Identifier: MIT
// Folders that commands create for their output.
#ifndef APP_CLI_FOLDER_H
#define APP_CLI_FOLDER_H

#include "nn/base/status.h"

// Creates a folder and its parents where they are missing. `what` is the option that names it, such
// as "--work"; NULL: none. NN_EIO.
nn_status app_folder_make(const char *what, const char *path, nn_error *err);

// The same for a folder that is written for a long time: this process locks it until it ends.
// NN_EINVAL when another process has locked it.
nn_status app_folder_take(const char *what, const char *path, nn_error *err);

// Removes the folders that this command created and left empty, so that a command that fails early
// leaves nothing. app_end calls it.
void app_folders_drop_empty(void);

#endif
