// SPDX-License-Identifier: MIT
// Opens zip files that are hostile until they were checked; for readers that see libzip.
#ifndef NN_IO_ZIP_FILE_H
#define NN_IO_ZIP_FILE_H

#include "nn/base/status.h"

#include <stddef.h>
#include <stdint.h>
#include "nn/late_zip.h"

// `bytes` are borrowed until zip_discard. NN_EFORMAT: no zip file, or one that tells more entries
// than its size allows.
nn_status nn_zip_open(zip_t **zip, const void *bytes, size_t size, nn_error *err);

// Fails with what libzip says: NN_ENOMEM or NN_EFORMAT.
nn_status nn_zip_fail(const char *what, zip_error_t *error, nn_error *err);

#endif
