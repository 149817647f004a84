// SPDX-License-Identifier: MIT
// Reads NeroMeta or GstVideoRegionOfInterestMeta into one list.
#include "plugins/common/objects.h"
#include "plugins/meta/classes.h"
#include "plugins/meta/nerometa_internal.h"

static GstVideoRegionOfInterestMeta *next_region(GstBuffer *buffer, gpointer *state)
{
    return (GstVideoRegionOfInterestMeta *)gst_buffer_iterate_meta_filtered(
        buffer, state, GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE);
}

// What is known about an object from its region. Texts that are not interned are those of nobody's
// model: they may be all different, and interned ones stay for ever.
static void read_relations(const GstVideoRegionOfInterestMeta *roi, NeroObject *o)
{
    o->region = roi->id;
    o->parent = MAX(roi->parent_id, 0);
    for (const GList *l = roi->params; l && !o->class; l = l->next) {
        double score = 1;
        const GQuark q = nero_class_is(l->data)
                             ? g_quark_try_string(gst_structure_get_string(l->data, "label"))
                             : 0;
        o->class = q ? g_quark_to_string(q) : NULL;
        gst_structure_get_double(l->data, "confidence", &score);
        o->class_score = (float)CLAMP(score, 0, 1);
    }
}

// For the objects of a NeroMeta, which are the last ones of the list.
static void read_regions(GstBuffer *buffer, const NeroMeta *m, GArray *objects)
{
    gpointer state = NULL;
    const int count = m->result.count;
    NeroObject *first = (NeroObject *)objects->data + objects->len - count;
    if (m->first_region < 1 || count < 1)
        return;
    for (GstVideoRegionOfInterestMeta *r; (r = next_region(buffer, &state));)
        if (r->id >= m->first_region && r->id < m->first_region + count)
            read_relations(r, first + (r->id - m->first_region));
}

static void read_region(const GstVideoRegionOfInterestMeta *roi, GArray *objects)
{
    const char *label = g_quark_to_string(roi->roi_type);
    GstStructure *s = gst_video_region_of_interest_meta_get_param(
        (GstVideoRegionOfInterestMeta *)roi, "detection");
    int label_id = 0, track = 0;
    gdouble score = 1;
    gboolean predicted = FALSE; // by nerotrack
    if (s) {
        gst_structure_get_boolean(s, "predicted", &predicted);
        gst_structure_get_int(s, "label_id", &label_id);
        gst_structure_get_double(s, "confidence", &score);
    }
    s = gst_video_region_of_interest_meta_get_param((GstVideoRegionOfInterestMeta *)roi,
                                                    "object_id");
    if (s)
        gst_structure_get_int(s, "id", &track);
    NeroObject o = {.box = {.x0 = roi->x,
                            .y0 = roi->y,
                            .x1 = (float)roi->x + roi->w,
                            .y1 = (float)roi->y + roi->h,
                            .score = score,
                            .label = label_id,
                            .track_id = track,
                            .predicted = predicted},
                    .label = label ? label : "object"};
    read_relations(roi, &o);
    g_array_append_val(objects, o);
}

const nn_detail *nero_object_detail(const NeroObject *o)
{
    return o->details ? nn_details_at(o->details, o->box.detail) : NULL;
}

void nero_objects_add(GArray *objects, const nn_result *result, const NeroLabels *labels)
{
    for (int i = 0; i < result->count; i++) {
        const NeroObject o = {.box = result->boxes[i],
                              .label = nero_labels_name(labels, result->boxes[i].label),
                              .age_ms = result->age_ms,
                              .details = &result->details};
        g_array_append_val(objects, o);
    }
}

void nero_objects_read_meta(GstBuffer *buffer, const NeroMeta *meta, GArray *objects)
{
    nero_objects_add(objects, &meta->result, meta->labels);
    read_regions(buffer, meta, objects);
}

guint nero_objects_read(GstBuffer *buffer, GArray *objects)
{
    gpointer state = NULL;
    NeroMeta *m;
    gboolean ours = FALSE;
    g_array_set_size(objects, 0);
    while ((m = nero_meta_next(buffer, &state))) {
        ours = TRUE;
        nero_objects_read_meta(buffer, m, objects);
    }
    state = NULL;
    for (GstVideoRegionOfInterestMeta *r; !ours && (r = next_region(buffer, &state));)
        read_region(r, objects);
    return objects->len;
}
