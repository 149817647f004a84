// SPDX-License-Identifier: MIT
// Structures of classifiers in regions of interest.
#include "plugins/meta/classes.h"

#include <string.h>

// A model's name as that of a structure: a letter, then letters, digits and a few signs.
static char *structure_name(const NeroLabels *labels)
{
    const char *model = nero_labels_model(labels);
    const gboolean plain = g_ascii_isalpha(model[0]) && strcmp(model, "detection") != 0 &&
                           strcmp(model, "object_id") != 0;
    char *name = g_strconcat(plain ? "" : "classification_layer_name:", model, NULL);
    return g_strcanon(name, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "/-_.:+", '_');
}

static void drop(GstVideoRegionOfInterestMeta *region, const char *name)
{
    GstStructure *s = gst_video_region_of_interest_meta_get_param(region, name);
    if (!s)
        return;
    region->params = g_list_remove(region->params, s);
    gst_structure_free(s);
}

void nero_class_add(GstVideoRegionOfInterestMeta *region, const NeroClass *c,
                    const NeroLabels *labels)
{
    g_autofree char *name = structure_name(labels);
    drop(region, name);
    if (c->label < 0)
        return;
    gst_video_region_of_interest_meta_add_param(
        region, gst_structure_new(name, "label", G_TYPE_STRING, nero_labels_name(labels, c->label),
                                  "label_id", G_TYPE_INT, c->label, "confidence", G_TYPE_DOUBLE,
                                  c->score, "model_name", G_TYPE_STRING, nero_labels_model(labels),
                                  "tensor_id", G_TYPE_INT, 0, "type", G_TYPE_STRING,
                                  "classification_result", "predicted", G_TYPE_BOOLEAN,
                                  c->predicted, "age_ms", G_TYPE_DOUBLE, c->age_ms, NULL));
}

gboolean nero_class_is(const GstStructure *s)
{
    const char *type = gst_structure_get_string(s, "type");
    return gst_structure_get_string(s, "label") &&
           (g_strcmp0(type, "classification_result") == 0 ||
            g_str_has_prefix(gst_structure_get_name(s), "classification"));
}

GstVideoRegionOfInterestMeta *nero_region_find(GstBuffer *buffer, int id)
{
    gpointer state = NULL;
    GstMeta *m;
    while ((m = gst_buffer_iterate_meta_filtered(buffer, &state,
                                                 GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE)))
        if (((GstVideoRegionOfInterestMeta *)m)->id == id)
            return (GstVideoRegionOfInterestMeta *)m;
    return NULL;
}
