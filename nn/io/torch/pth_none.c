// SPDX-License-Identifier: MIT
// Stands for PyTorch's zip files in a build without libzip; pth_legacy.c needs none.
#include "nn/base/features.h"
#include "nn/io/format.h"

#include <string.h>

static bool probe_zip(const uint8_t *bytes, size_t size)
{
    return size >= 4 && memcmp(bytes, "PK\3\4", 4) == 0;
}

static nn_status fail(nn_bundle *b, const uint8_t *bytes, size_t size, nn_error *err)
{
    (void)b;
    (void)bytes;
    (void)size;
    return nn_fail_without(err, "pytorch");
}

const nn_io_format nn_io_pth = {.name = "PyTorch", .probe = probe_zip, .parse = fail};
