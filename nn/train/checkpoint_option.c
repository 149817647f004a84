// SPDX-License-Identifier: MIT
// Reads one option of the training that a checkpoint is of.
#include "nn/base/memory.h"
#include "nn/io/io.h"
#include "nn/train/settings.h"
#include "nn/train/trainer.h"

#include <limits.h>
#include <stdio.h>

static nn_status read_one(const char *dir, const char *file, const char *name, char *value,
                          size_t size, nn_error *err)
{
    char path[PATH_MAX];
    nn_bundle b;
    if (snprintf(path, sizeof path, "%s/%s.safetensors", dir, file) >= (int)sizeof path)
        return nn_fail(err, NN_EINVAL, "%s: path too long", dir);
    nn_status status = nn_bundle_load(&b, path, err);
    if (status != NN_OK)
        return status;
    size_t length = 0;
    const char *options = nn_bundle_meta(&b, "options");
    const char *text = options ? nn_settings_value(options, name, &length) : NULL;
    if (text && length < size)
        snprintf(value, size, "%.*s", (int)length, text);
    else
        status = nn_fail(err, NN_ENOTFOUND, "%s: does not say --%s", path, name);
    nn_bundle_release(&b);
    return status;
}

nn_status nn_checkpoint_option(const char *dir, const char *name, char *value, size_t size,
                               nn_error *err)
{
    const nn_status status = read_one(dir, "last", name, value, size, err);
    return status == NN_OK || read_one(dir, "previous", name, value, size, NULL) != NN_OK ? status
                                                                                          : NN_OK;
}
