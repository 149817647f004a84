// SPDX-License-Identifier: MIT
// "telemetry" of a line of JSON: where a drone and its camera were, from the KLV stream beside the
// video.
#include "plugins/meta/telemetry.h"
#include "plugins/publish/json.h"

static gboolean add_field(GQuark name, const GValue *value, gpointer to)
{
    const char *key = g_quark_to_string(name);
    if (G_VALUE_HOLDS_DOUBLE(value))
        cJSON_AddNumberToObject(to, key, g_value_get_double(value));
    else if (G_VALUE_HOLDS_STRING(value) && g_value_get_string(value))
        cJSON_AddStringToObject(to, key, g_value_get_string(value));
    else if (G_VALUE_HOLDS_INT64(value))
        nero_json_utc(to, key, g_value_get_int64(value));
    return TRUE;
}

static void add(cJSON *line, const NeroJsonFrame *f)
{
    const GstStructure *s = nero_telemetry(f->buffer, FALSE);
    if (s)
        gst_structure_foreach(s, add_field, cJSON_AddObjectToObject(line, "telemetry"));
}

const NeroJsonPart nero_json_telemetry = {.add = add};
