// SPDX-License-Identifier: MIT
// What classifiers say about an object: a key for each, named after it, as DL Streamer writes them.
#include "plugins/meta/classes.h"
#include "plugins/publish/json.h"

static void add_class(cJSON *entry, const GstStructure *s)
{
    int label_id = 0;
    gdouble confidence = 0, age_ms = 0;
    gboolean predicted = FALSE;
    const char *model = gst_structure_get_string(s, "model_name");
    if (cJSON_HasObjectItem(entry, gst_structure_get_name(s)))
        return;
    cJSON *c = cJSON_AddObjectToObject(entry, gst_structure_get_name(s));
    if (gst_structure_get_double(s, "age_ms", &age_ms))
        nero_json_ms(c, "age_ms", age_ms);
    if (gst_structure_get_double(s, "confidence", &confidence))
        nero_json_number(c, "confidence", confidence);
    cJSON_AddStringToObject(c, "label", gst_structure_get_string(s, "label"));
    if (gst_structure_get_int(s, "label_id", &label_id))
        cJSON_AddNumberToObject(c, "label_id", label_id);
    if (model)
        cJSON_AddStringToObject(cJSON_AddObjectToObject(c, "model"), "name", model);
    if (gst_structure_get_boolean(s, "predicted", &predicted))
        cJSON_AddBoolToObject(c, "predicted", predicted);
}

static void add_to_object(cJSON *entry, const NeroObject *o, guint index, const NeroJsonFrame *f)
{
    (void)index;
    const GstVideoRegionOfInterestMeta *r =
        o->region > 0 ? nero_region_find(f->buffer, o->region) : NULL;
    for (const GList *l = r ? r->params : NULL; l; l = l->next)
        if (nero_class_is(l->data))
            add_class(entry, l->data);
}

const NeroJsonPart nero_json_classes = {.add_to_object = add_to_object};
