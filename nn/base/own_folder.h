// SPDX-License-Identifier: MIT
// Where the running code lies on disk.
#ifndef NN_BASE_OWN_FOLDER_H
#define NN_BASE_OWN_FOLDER_H

#include <stdbool.h>
#include <stddef.h>

// Writes "FOLDER/below", FOLDER being that of the shared library that this code is in, or of the
// program. A build tree keeps all its parts beside each other, so that it works wherever it lies
// and what is installed knows nothing of it. False when the folder is not known or the path too
// long.
bool nn_own_folder(const char *below, char *path, size_t size);

#endif
