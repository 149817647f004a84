// SPDX-License-Identifier: MIT
// The folder of the running code.
#ifndef NN_BASE_OWN_FOLDER_H
#define NN_BASE_OWN_FOLDER_H

#include <stdbool.h>
#include <stddef.h>

// Writes "FOLDER/below" into `path`, a buffer of `size` bytes. FOLDER is that of the shared library
// with this code, or of the program. A build tree keeps its parts side by side, so it finds its own
// files wherever it lies, and an installed copy does not find them. False when the folder is
// unknown or the path too long.
bool nn_own_folder(const char *below, char *path, size_t size);

#endif
