// SPDX-License-Identifier: MIT
// "time" and "run" of a line of JSON, of live sources: a file gives the same lines each time.
#include "plugins/publish/json.h"

static void add(cJSON *line, const NeroJsonFrame *f)
{
    if (!f->run)
        return;
    g_autoptr(GDateTime) now = g_date_time_new_now_utc();
    g_autofree char *text = g_date_time_format(now, "%Y-%m-%dT%H:%M:%S");
    g_autofree char *whole =
        g_strdup_printf("%s.%03dZ", text, g_date_time_get_microsecond(now) / 1000);
    cJSON_AddStringToObject(line, "time", whole);
    cJSON_AddStringToObject(line, "run", f->run);
}

const NeroJsonPart nero_json_clock = {.add = add};
