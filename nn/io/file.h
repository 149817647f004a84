// SPDX-License-Identifier: MIT
// Whole files in and out: a read-only map of one, and a write that is never seen half done.
#ifndef NN_IO_FILE_H
#define NN_IO_FILE_H

#include "nn/base/api.h"
#include "nn/base/status.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct nn_file {
    const void *bytes; // page aligned; NULL for an empty file
    size_t size;
} nn_file;

// Maps a regular file for reading. Errors name the path: NN_ENOTFOUND, NN_EIO.
NN_API nn_status nn_file_map(nn_file *file, const char *path, nn_error *err);
NN_API void nn_file_unmap(nn_file *file);
// Gives back the memory that the whole pages of this part of the map take; reading it again reads
// the disk again. A part that does not lie in the map is left alone.
void nn_file_forget(const nn_file *file, const void *part, size_t size);

typedef struct nn_file_part {
    const void *bytes;
    size_t size;
} nn_file_part;

// Writes the parts one after the other to a temporary file beside `path`, syncs it and renames it
// to `path`, so that a reader or a crash meets the old file or the new one. A link at `path` stays,
// what it leads to is written, and made where there is nothing yet; a device or pipe gets the bytes
// as they come. Errors name the path.
NN_API nn_status nn_file_write(const char *path, const nn_file_part *parts, int count,
                               nn_error *err);

// The same for a file that somebody else writes by its name: begin makes an empty one beside
// `path`, *temporary (for a device `path` itself), and opens it; end syncs and renames it, or
// removes it when `status` is a failure, which it gives back. It frees the name and closes `fd`.
NN_API nn_status nn_file_begin(const char *path, char **temporary, int *fd, nn_error *err);
NN_API nn_status nn_file_end(const char *path, char *temporary, int fd, nn_status status,
                             nn_error *err);

// Removes what begin made and end has not ended, for a process that is told to die: its files stay
// as they were. Safe in a signal handler; nothing may be written after it.
NN_API void nn_file_remove_temporaries(void);

// Whether a file of such a name is one that begin made: beside no running program, a leftover.
NN_API bool nn_file_is_temporary(const char *name);

#endif
