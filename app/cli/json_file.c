// SPDX-License-Identifier: MIT
// JSON to a file or stdout.
#include "app/cli/json_file.h"

#include "app/cli/output.h"

#include <glib.h>
#include <math.h>

nn_status app_json_write(const cJSON *json, const char *path, nn_error *err)
{
    char *text = cJSON_Print(json);
    if (!text)
        return nn_fail(err, NN_ENOMEM, "no memory for %s", path);
    app_output out;
    nn_status status = app_output_open(&out, path, err);
    if (status == NN_OK) {
        g_autofree char *valid = g_utf8_make_valid(text, -1); // file names may not be UTF-8
        fprintf(out.file, "%s\n", valid);
        status = app_output_close(&out, status, err);
    }
    cJSON_free(text);
    return status;
}

void app_json_add_number(cJSON *object, const char *key, double value)
{
    if (isfinite(value))
        cJSON_AddNumberToObject(object, key, value);
    else
        cJSON_AddNullToObject(object, key);
}
