// SPDX-License-Identifier: MIT
// The files that a command reads and writes: none may be both, and none may be written twice.
#ifndef APP_CLI_FILES_H
#define APP_CLI_FILES_H

#include "nn/base/status.h"

#include <stdbool.h>

enum { APP_FILES_MAX = 160 };

typedef struct app_files {
    struct {
        const char *what, *path; // borrowed: "--json", "x.json"
        const char *mark; // borrowed: of a folder that is written, a file that shows results there
        bool written, asks;
    } list[APP_FILES_MAX];
    int count;
} app_files;

// Registers a file or folder that is read or written; `what` is the option that named it. NULL, "-"
// and what is no file (a URI, the name of an installed model) are ignored.
void app_files_read(app_files *f, const char *what, const char *path);
void app_files_write(app_files *f, const char *what, const char *path);
// A folder for several files; `mark` is the one by which results of an earlier run are known.
void app_files_write_folder(app_files *f, const char *what, const char *path, const char *mark);
// A file that shows the latest state of something and is replaced unasked.
void app_files_refresh(app_files *f, const char *what, const char *path);

// NN_EINVAL when a file that is written is also read, or written twice: the same inode, whatever
// its names, or the same path when nothing is there yet. Devices and pipes may be both.
nn_status app_files_check(const app_files *f, nn_error *err);

// Checks them, and claims all that is written (app_claim), before any work.
nn_status app_files_claim(const app_files *f, bool force, nn_error *err);

#endif
