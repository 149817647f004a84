// SPDX-License-Identifier: MIT
// "inference" of a line of JSON: what neroinfer spends on the stream, as it adapts to a budget.
#include "plugins/meta/nerometa_internal.h"
#include "plugins/publish/json.h"

static void add(cJSON *line, const NeroJsonFrame *f)
{
    gpointer state = NULL;
    const NeroMeta *m;
    while ((m = nero_meta_next(f->buffer, &state)) && m->interval == 0)
        continue; // another detector's
    cJSON *object = m ? cJSON_AddObjectToObject(line, "inference") : NULL;
    if (!object)
        return;
    cJSON_AddNumberToObject(object, "input_height", m->result.input_height);
    cJSON_AddNumberToObject(object, "input_width", m->result.input_width);
    cJSON_AddNumberToObject(object, "interval", m->interval);
    nero_json_ns(object, "skipped", m->skipped);
}

const NeroJsonPart nero_json_inference = {.add = add};
