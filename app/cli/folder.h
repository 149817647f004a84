// SPDX-License-Identifier: MIT
// Folders that commands make for what they are going to write.
#ifndef APP_CLI_FOLDER_H
#define APP_CLI_FOLDER_H

#include "nn/base/status.h"

// Makes a folder and those that it lies in where they are not there. `what` is the option that
// names it, "--work"; NULL: none. NN_EIO.
nn_status app_folder_make(const char *what, const char *path, nn_error *err);

// The same for one that is written into for long, which this process keeps until it ends, however
// it does. NN_EINVAL when another process has it.
nn_status app_folder_take(const char *what, const char *path, nn_error *err);

// Takes those away again that this command made and nothing was written to: a command that fails
// before it begins leaves nothing. app_end does it.
void app_folders_drop_empty(void);

#endif
