// SPDX-License-Identifier: MIT
// Finds the file that a path really writes to, and locks it for one writer at a time.
#ifndef NN_BASE_WRITE_LOCK_H
#define NN_BASE_WRITE_LOCK_H

#include "nn/base/api.h"
#include "nn/base/status.h"

#include <limits.h>
#include <stdbool.h>

// Writes into `place` the file that open(path, O_CREAT) would make or change: it follows links,
// also one to a file that does not exist yet. When that cannot be told (a ring of links, a missing
// folder), returns false and copies `path`.
NN_API bool nn_write_target(const char *path, char place[PATH_MAX]);

// Locks the open file or folder `fd` for this writer, until all its descriptors are closed; the end
// of the process closes them, too. NN_EINVAL when another process, or another writer in this one,
// holds it; the message names `path` and, where the
// system tells it (Linux, the same user), that process. Devices, pipes and file systems without
// locks are not locked.
NN_API nn_status nn_write_lock(int fd, const char *path, nn_error *err);

// Locks the folder `path`. *fd holds the lock until it is closed; it is -1 on failure. NN_EIO when
// nothing can be written into the folder.
NN_API nn_status nn_write_lock_folder(const char *path, int *fd, nn_error *err);

#endif
