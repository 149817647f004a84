// SPDX-License-Identifier: MIT
// JSON that a command wrote. The test fails where something is missing.
#ifndef TESTS_SUPPORT_JSON_H
#define TESTS_SUPPORT_JSON_H

#include <cjson/cJSON.h>

// The first value in NAME of the temporary folder; cJSON_Delete.
cJSON *json_load(const char *name);
double json_number(const cJSON *object, const char *key);

#endif
