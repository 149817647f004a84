// SPDX-License-Identifier: MIT
// "segments" of a line of JSON: the classes in the maps of segmentation models.
#include "plugins/common/regions.h"
#include "plugins/publish/json.h"

static void add(cJSON *line, const NeroJsonFrame *f)
{
    cJSON *array = f->regions->len > 0 ? cJSON_AddArrayToObject(line, "segments") : NULL;
    for (guint i = 0; i < f->regions->len; i++) {
        const NeroRegion *r = &g_array_index(f->regions, NeroRegion, i);
        cJSON *segment = cJSON_CreateObject();
        cJSON_AddItemToArray(array, segment);
        nero_json_ms(segment, "age_ms", (double)r->age_ms);
        cJSON_AddStringToObject(segment, "label", r->label);
        cJSON_AddNumberToObject(segment, "label_id", r->label_id);
        nero_json_number(segment, "share", (double)r->share);
    }
}

// Whether the maps show anything but background.
static gboolean found(const NeroJsonFrame *f)
{
    gboolean any = FALSE;
    for (guint i = 0; i < f->regions->len; i++)
        any = any || g_array_index(f->regions, NeroRegion, i).label_id > 0;
    return any;
}

const NeroJsonPart nero_json_segments = {.found = found, .add = add};
