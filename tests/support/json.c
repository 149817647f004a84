// SPDX-License-Identifier: MIT
// JSON that a command wrote, by cJSON.
#include "tests/support/json.h"

#include "tests/support/files.h"
#include "tests/support/test.h"

cJSON *json_load(const char *name)
{
    char *text = test_read_text(name);
    cJSON *json = cJSON_Parse(text);
    if (!json)
        fail_msg("%s is no JSON: %s", name, text);
    free(text);
    return json;
}

double json_number(const cJSON *object, const char *key)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);
    if (!cJSON_IsNumber(item))
        fail_msg("no number '%s'", key);
    return item->valuedouble;
}
