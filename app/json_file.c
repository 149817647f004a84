// SPDX-License-Identifier: MIT
// JSON to a file or stdout.
#include "app/json_file.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

nn_status app_json_write(const cJSON *json, const char *path, nn_error *err)
{
    char *text = cJSON_Print(json);
    if (!text)
        return nn_fail(err, NN_ENOMEM, "no memory for %s", path);
    FILE *f = strcmp(path, "-") == 0 ? stdout : fopen(path, "w");
    bool written = f && fprintf(f, "%s\n", text) > 0 && fflush(f) == 0;
    nn_status status =
        written ? NN_OK : nn_fail(err, NN_EIO, "%s: cannot write: %s", path, strerror(errno));
    if (f && f != stdout && fclose(f) != 0 && status == NN_OK)
        status = nn_fail(err, NN_EIO, "%s: cannot write: %s", path, strerror(errno));
    cJSON_free(text);
    return status;
}
