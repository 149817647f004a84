// SPDX-License-Identifier: MIT
// Output folders that are complete or absent for other programs.
#ifndef APP_CLI_NEW_FOLDER_H
#define APP_CLI_NEW_FOLDER_H

#include "nn/base/status.h"

#include <stdbool.h>

typedef struct app_new_folder {
    const char *path; // borrowed
    char *temporary;  // owned: the folder to write to; it gets the name at the end
    bool replaces;    // something that is there
} app_new_folder;

// Makes an empty folder beside `path`. `what` names the option for errors. NN_EINVAL when `path` is
// there and not an empty folder, unless `force`.
nn_status app_new_folder_open(app_new_folder *f, const char *what, const char *path, bool force,
                              nn_error *err);
// Gives the folder its name, in place of what was there; unless `status` is a failure, which is
// returned: then the folder is removed and what was there stays. Does nothing when it is not open.
nn_status app_new_folder_close(app_new_folder *f, nn_status status, nn_error *err);

// Removes a file or a folder with everything in it; links are not followed.
bool app_remove_tree(const char *path);

#endif
