// SPDX-License-Identifier: MIT
// A label file that the editor owns: read once, written whole, never over another program's change.
#ifndef APP_ANNOTATE_STORE_H
#define APP_ANNOTATE_STORE_H

#include "nn/base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

typedef struct ui_store {
    bool read, there; // there: the file existed when it was read, or has been written
    bool kept;        // FILE~ has the old content, if there was any
    struct stat stamp;
    char *last; // owned: the content that was written last
    size_t last_size;
} ui_store;

void ui_store_release(ui_store *s);
// The bytes of the file with a NUL behind them (nn_free); NULL when it does not exist. Errors name
// the file.
nn_status ui_store_read(ui_store *s, const char *path, char **text, size_t *size, nn_error *err);
// Writes `text` unless the file holds it already; `first` is what was read. Makes the folder and,
// before the first write, FILE~. NN_EINVAL when another program changed the file.
nn_status ui_store_write(ui_store *s, const char *path, const char *text, size_t size,
                         const char *first, size_t first_size, nn_error *err);

// Locks a folder or a label file against a second editor. NN_EINVAL says who holds it; NN_EIO:
// nothing can be written there.
typedef struct ui_lock {
    char *path;
    int fd;
} ui_lock;

nn_status ui_lock_take(ui_lock *l, const char *path, nn_error *err);
void ui_lock_drop(ui_lock *l);

#endif
