// SPDX-License-Identifier: MIT
// Stands for zip archives in a build without libzip.
#include "nn/base/features.h"
#include "nn/io/archive.h"

nn_status nn_archive_unpack(const char *path, const char *folder, nn_archive_progress *progress,
                            void *ctx, nn_error *err)
{
    (void)folder;
    (void)progress;
    (void)ctx;
    return nn_fail_prefix(err, nn_fail_without(err, "pytorch"), "%s", path);
}
