// SPDX-License-Identifier: MIT
// "time" and "run" of a line of JSON, of live sources: a file gives the same lines each time.
#include "plugins/publish/json.h"

static void add(cJSON *line, const NeroJsonFrame *f)
{
    if (!f->run)
        return;
    nero_json_utc(line, "time", g_get_real_time());
    cJSON_AddStringToObject(line, "run", f->run);
}

const NeroJsonPart nero_json_clock = {.add = add};
