// SPDX-License-Identifier: MIT
// The line of JSON for a frame: the keys that say which frame it is, and those of all parts.
#include "plugins/publish/json.h"

#include <math.h>

#define NERO_JSON_PART(word) extern const NeroJsonPart nero_json_##word;
#include "plugins/json_parts.inc"
#undef NERO_JSON_PART

#define NERO_JSON_PART(word) &nero_json_##word,
static const NeroJsonPart *const parts[] = {
#include "plugins/json_parts.inc"
};
#undef NERO_JSON_PART

// Six digits after the point are far below a pixel, and short.
void nero_json_number(cJSON *to, const char *key, double value)
{
    cJSON_AddNumberToObject(to, key, round(value * 1e6) / 1e6);
}

void nero_json_ms(cJSON *to, const char *key, double value)
{
    cJSON_AddNumberToObject(to, key, round(value * 1e3) / 1e3);
}

// As text: a double holds whole nanoseconds for 104 days only.
void nero_json_ns(cJSON *to, const char *key, guint64 value)
{
    char text[24];
    g_snprintf(text, sizeof text, "%" G_GUINT64_FORMAT, value);
    cJSON_AddRawToObject(to, key, text);
}

void nero_json_utc(cJSON *to, const char *key, gint64 value)
{
    g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(value / G_USEC_PER_SEC);
    if (!time) // after the year 9999
        return;
    g_autofree char *text = g_date_time_format(time, "%Y-%m-%dT%H:%M:%S");
    g_autofree char *whole =
        g_strdup_printf("%s.%03dZ", text, (int)(value % G_USEC_PER_SEC / 1000));
    cJSON_AddStringToObject(to, key, whole);
}

void nero_json_extend(cJSON *entry, const NeroObject *o, guint index, const NeroJsonFrame *f)
{
    for (gsize i = 0; i < G_N_ELEMENTS(parts); i++)
        if (parts[i]->add_to_object)
            parts[i]->add_to_object(entry, o, index, f);
}

gboolean nero_json_found(const NeroJsonFrame *f)
{
    gboolean any = FALSE;
    for (gsize i = 0; i < G_N_ELEMENTS(parts) && !any; i++)
        any = parts[i]->found && parts[i]->found(f);
    return any;
}

static void add_head(cJSON *line, const NeroJsonFrame *f)
{
    if (f->file)
        cJSON_AddStringToObject(line, "file", f->file);
    cJSON_AddNumberToObject(line, "frame", f->number);
    if (f->width > 0) {
        cJSON *resolution = cJSON_AddObjectToObject(line, "resolution");
        cJSON_AddNumberToObject(resolution, "height", f->height);
        cJSON_AddNumberToObject(resolution, "width", f->width);
    }
    if (f->source)
        cJSON_AddStringToObject(line, "source", f->source);
    if (GST_BUFFER_PTS_IS_VALID(f->buffer))
        nero_json_ns(line, "pts", GST_BUFFER_PTS(f->buffer));
    if (GST_CLOCK_TIME_IS_VALID(f->time))
        nero_json_ns(line, "timestamp", f->time);
}

char *nero_json_line(const NeroJsonFrame *f)
{
    cJSON *root = cJSON_CreateObject();
    add_head(root, f);
    for (gsize i = 0; i < G_N_ELEMENTS(parts); i++)
        if (parts[i]->add)
            parts[i]->add(root, f);
    char *line = cJSON_PrintUnformatted(root);
    cJSON_Delete(root);
    char *valid = line ? g_utf8_make_valid(line, -1) : NULL; // file names may not be UTF-8
    cJSON_free(line);
    return valid;
}
