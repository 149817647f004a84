// SPDX-License-Identifier: MIT
// Data sets in zip archives, as tools hand them out: unpacked once, then folders like any other.
#ifndef NN_IO_ARCHIVE_H
#define NN_IO_ARCHIVE_H

#include "nn/base/api.h"
#include "nn/base/status.h"

#include <stddef.h>
#include <stdint.h>

// Receives how many of all bytes are unpacked.
typedef void nn_archive_progress(void *ctx, uint64_t done, uint64_t total);

// Unpacks a zip archive into `folder`, which appears when all is unpacked, or not at all; when
// another process has made it meanwhile, that one stays. The folder above must be there. Folders
// that killed processes left half unpacked are removed. Nothing is written outside of it: names
// that lead out are NN_EFORMAT, links are left out, and so is what macOS and Windows add
// (__MACOSX/, ._NAME, .DS_Store, Thumbs.db). Backslashes in names count as slashes. NN_EFORMAT also
// for damaged entries and for archives that unpack to many times their size; NN_EUNSUPPORTED for
// encrypted ones; NN_EIO, also when the disk has no room, which is said before anything is written.
// `progress` may be NULL.
NN_API nn_status nn_archive_unpack(const char *path, const char *folder,
                                   nn_archive_progress *progress, void *ctx, nn_error *err);

// A file name that is the same for an archive that has not changed: its own name without ending,
// and a hash of its whole path, size and time. NN_ENOTFOUND.
NN_API nn_status nn_archive_key(char *key, size_t size, const char *path, nn_error *err);

#endif
