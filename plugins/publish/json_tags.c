// SPDX-License-Identifier: MIT
// "tags" of a line of JSON: what the property of that name says about the place, the camera, ...
#include "plugins/publish/json.h"

static void add(cJSON *line, const NeroJsonFrame *f)
{
    if (f->tags)
        cJSON_AddItemReferenceToObject(line, "tags", (cJSON *)f->tags); // it is only read
}

const NeroJsonPart nero_json_tags = {.add = add};
