// SPDX-License-Identifier: MIT
// JSON to a file, for the commands that write scores.
#ifndef APP_CLI_JSON_FILE_H
#define APP_CLI_JSON_FILE_H

#include "nn/base/status.h"

#include <cjson/cJSON.h>

// Writes one JSON text, indented and with a newline at the end; path "-" is stdout. NN_ENOMEM also
// when `json` is NULL. Errors name the path.
nn_status app_json_write(const cJSON *json, const char *path, nn_error *err);

// Adds a number, or null for one that is not finite: a score of nothing.
void app_json_add_number(cJSON *object, const char *key, double value);

#endif
