// SPDX-License-Identifier: MIT
// "objects" of a line of JSON: what was found, with DL Streamer's keys.
#include "plugins/publish/json.h"

static void add_box(cJSON *detection, const nn_box *b, const NeroJsonFrame *f)
{
    cJSON *box = cJSON_AddObjectToObject(detection, "bounding_box");
    if (f->width <= 0 || f->height <= 0)
        return;
    nero_json_number(box, "x_max", b->x1 / f->width);
    nero_json_number(box, "x_min", b->x0 / f->width);
    nero_json_number(box, "y_max", b->y1 / f->height);
    nero_json_number(box, "y_min", b->y0 / f->height);
}

static void add_object(cJSON *array, guint i, const NeroJsonFrame *f)
{
    const NeroObject *o = &g_array_index(f->objects, NeroObject, i);
    const nn_box *b = &o->box;
    cJSON *object = cJSON_CreateObject();
    cJSON_AddItemToArray(array, object);
    nero_json_ms(object, "age_ms", (double)o->age_ms);
    cJSON *detection = cJSON_AddObjectToObject(object, "detection");
    add_box(detection, b, f);
    nero_json_number(detection, "confidence", b->score);
    cJSON_AddStringToObject(detection, "label", o->label);
    cJSON_AddNumberToObject(detection, "label_id", b->label);
    int x = (int)(b->x0 + 0.5f), y = (int)(b->y0 + 0.5f);
    cJSON_AddNumberToObject(object, "h", MAX((int)(b->y1 + 0.5f) - y, 1));
    if (b->track_id > 0)
        cJSON_AddNumberToObject(object, "id", b->track_id);
    cJSON_AddNumberToObject(object, "parent_id", o->parent);
    cJSON_AddBoolToObject(object, "predicted", b->predicted);
    cJSON_AddNumberToObject(object, "region_id", o->region > 0 ? o->region : (int)i + 1);
    cJSON_AddStringToObject(object, "roi_type", o->label);
    cJSON_AddNumberToObject(object, "w", MAX((int)(b->x1 + 0.5f) - x, 1));
    cJSON_AddNumberToObject(object, "x", x);
    cJSON_AddNumberToObject(object, "y", y);
    nero_json_extend(object, o, i, f);
}

static void add(cJSON *line, const NeroJsonFrame *f)
{
    cJSON *array = cJSON_AddArrayToObject(line, "objects");
    for (guint i = 0; i < f->objects->len; i++)
        add_object(array, i, f);
}

static gboolean found(const NeroJsonFrame *f)
{
    return f->objects->len > 0;
}

const NeroJsonPart nero_json_objects = {.found = found, .add = add};
