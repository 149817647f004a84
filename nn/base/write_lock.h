// SPDX-License-Identifier: MIT
// Where what is written under a name comes to lie, and one writer at a time there.
#ifndef NN_BASE_WRITE_LOCK_H
#define NN_BASE_WRITE_LOCK_H

#include "nn/base/api.h"
#include "nn/base/status.h"

#include <limits.h>
#include <stdbool.h>

// The file that writing to `path` makes or changes: links are followed, also one that leads to
// nothing yet, as open() does it. False, and `place` is `path`, where that cannot be told (a ring
// of links, no such folder).
NN_API bool nn_write_target(const char *path, char place[PATH_MAX]);

// Makes the open file or folder `fd` that of this writer until all descriptors of it are closed,
// however the process ends. NN_EINVAL names `path` (for messages) when another has it: a process,
// or a second writer in this one. Devices, pipes, and file systems without locks: nothing is held.
NN_API nn_status nn_write_lock(int fd, const char *path, nn_error *err);

// The same for the folder `path`; *fd keeps it until it is closed, -1 when that failed.
NN_API nn_status nn_write_lock_folder(const char *path, int *fd, nn_error *err);

#endif
