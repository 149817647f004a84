// SPDX-License-Identifier: MIT
// Whole files: read-only maps, and writes that are complete or absent.
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
// Releases the memory of the whole pages of this part of the map; another access reads the disk
// again. A part outside of the map is ignored.
void nn_file_forget(const nn_file *file, const void *part, size_t size);

// Whether a name that another file gives is plain and of a file in that file's folder or below.
// Each such file has one such name.
bool nn_file_is_inside(const char *name);

typedef struct nn_file_part {
    const void *bytes;
    size_t size;
} nn_file_part;

// Writes the parts one after the other to a temporary file beside `path`, syncs it and renames it
// to `path`: a reader, or a crash, sees the old file or the new one. A link at `path` stays, and
// its target is written or created. Devices and pipes are written directly. Errors name the path.
NN_API nn_status nn_file_write(const char *path, const nn_file_part *parts, int count,
                               nn_error *err);

// Writes a new file, and the folders that its path lacks. Neither synced nor atomic: for files of a
// folder that no other program uses yet. NN_EIO, also when the file exists.
NN_API nn_status nn_file_create(const char *path, const nn_file_part *parts, int count,
                                nn_error *err);
// The same with the content of another file; with `link` as another name of that file (a hard
// link), where the file system allows it.
NN_API nn_status nn_file_copy(const char *path, const char *from, bool link, nn_error *err);

// nn_file_write for a file that is written by other code. begin creates an empty file beside `path`
// and opens it; *temporary is its name (for a device `path` itself). end syncs and renames it, or
// removes it when `status` is a failure, which is returned. end frees the name and closes `fd`.
NN_API nn_status nn_file_begin(const char *path, char **temporary, int *fd, nn_error *err);
NN_API nn_status nn_file_end(const char *path, char *temporary, int fd, nn_status status,
                             nn_error *err);

// Removes the files of begin without an end, for a process that is told to die: the old files stay.
// Safe in a signal handler; nothing may be written afterwards.
NN_API void nn_file_remove_temporaries(void);

// Whether a name is that of a temporary file of begin. Without a running program it is a leftover.
NN_API bool nn_file_is_temporary(const char *name);

#endif
