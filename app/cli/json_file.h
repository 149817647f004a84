// SPDX-License-Identifier: MIT
// Writes JSON to a file or standard output.
#ifndef APP_CLI_JSON_FILE_H
#define APP_CLI_JSON_FILE_H

#include "nn/base/status.h"

#include <cjson/cJSON.h>

// Writes one JSON text, indented, with a final newline; path "-" is stdout. NN_ENOMEM when `json`
// is NULL. Errors name the path.
nn_status app_json_write(const cJSON *json, const char *path, nn_error *err);

// Adds a number; null when it is not finite, such as an undefined score.
void app_json_add_number(cJSON *object, const char *key, double value);

#endif
