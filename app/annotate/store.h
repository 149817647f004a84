// SPDX-License-Identifier: MIT
// A file that an editor owns for a while: read once, written whole, never over somebody's change.
#ifndef APP_ANNOTATE_STORE_H
#define APP_ANNOTATE_STORE_H

#include "nn/base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

typedef struct ui_store {
    bool read, there; // there: the file existed when it was read, or was written
    bool kept;        // FILE~ holds what was there before, if there was anything
    struct stat stamp;
    char *last; // what it holds, once it was written; owned
    size_t last_size;
} ui_store;

void ui_store_release(ui_store *s);
// The file's bytes with a NUL behind them (nn_free), NULL when it does not exist. Errors name it.
nn_status ui_store_read(ui_store *s, const char *path, char **text, size_t *size, nn_error *err);
// Puts `text` in its place unless it is what the file holds; `first` is what was read. Makes the
// folder and, before the first write, FILE~. NN_EINVAL when somebody else changed the file.
nn_status ui_store_write(ui_store *s, const char *path, const char *text, size_t size,
                         const char *first, size_t first_size, nn_error *err);

// Keeps a second editor away from what `path` names, a folder or a label file. NN_EINVAL says who
// has it, NN_EIO that nothing can be written there.
typedef struct ui_lock {
    char *path;
    int fd;
} ui_lock;

nn_status ui_lock_take(ui_lock *l, const char *path, nn_error *err);
void ui_lock_drop(ui_lock *l);

#endif
