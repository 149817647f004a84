// SPDX-License-Identifier: MIT
// Attaches boxes as regions of interest, and updates them after a change of the picture.
#include "plugins/meta/detection.h"

#include "plugins/meta/classes.h"

static GstVideoRegionOfInterestMeta *next_region(GstBuffer *buffer, gpointer *state)
{
    return (GstVideoRegionOfInterestMeta *)gst_buffer_iterate_meta_filtered(
        buffer, state, GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE);
}

// Rounds a box to whole pixels inside the frame.
static void place(GstVideoRegionOfInterestMeta *region, const nn_box *b, int w, int h)
{
    int left = CLAMP((int)(b->x0 + 0.5f), 0, w - 1), right = CLAMP((int)(b->x1 + 0.5f), 1, w);
    int top = CLAMP((int)(b->y0 + 0.5f), 0, h - 1), bottom = CLAMP((int)(b->y1 + 0.5f), 1, h);
    region->x = (guint)left;
    region->y = (guint)top;
    region->w = (guint)MAX(right - left, 1);
    region->h = (guint)MAX(bottom - top, 1);
}

static void drop_structure(GstVideoRegionOfInterestMeta *region, const char *name)
{
    GstStructure *s = gst_video_region_of_interest_meta_get_param(region, name);
    if (!s)
        return;
    region->params = g_list_remove(region->params, s);
    gst_structure_free(s);
}

static void describe(GstVideoRegionOfInterestMeta *region, const nn_box *b, int w, int h,
                     const NeroLabels *labels)
{
    drop_structure(region, "detection");
    region->params = g_list_prepend( // some readers take the first to be it
        region->params,
        gst_structure_new(
            "detection", "label_id", G_TYPE_INT, (int)b->label, "confidence", G_TYPE_DOUBLE,
            (double)b->score, "x_min", G_TYPE_DOUBLE, (double)b->x0 / w, "x_max", G_TYPE_DOUBLE,
            (double)b->x1 / w, "y_min", G_TYPE_DOUBLE, (double)b->y0 / h, "y_max", G_TYPE_DOUBLE,
            (double)b->y1 / h, "model_name", G_TYPE_STRING, nero_labels_model(labels), NULL));
    if (b->track_id > 0 && !gst_video_region_of_interest_meta_get_param(region, "object_id"))
        gst_video_region_of_interest_meta_add_param(
            region, gst_structure_new("object_id", "id", G_TYPE_INT, (int)b->track_id, NULL));
}

int nero_detections_add(GstBuffer *buffer, const nn_result *result, const NeroLabels *labels)
{
    const int w = result->frame_width, h = result->frame_height;
    gpointer state = NULL;
    int last = 0;
    if (w < 1 || h < 1 || result->count < 1)
        return 0;
    for (GstVideoRegionOfInterestMeta *r; (r = next_region(buffer, &state));)
        last = MAX(last, r->id);
    for (int i = 0; i < result->count; i++) {
        const nn_box *b = &result->boxes[i];
        GstVideoRegionOfInterestMeta *r = gst_buffer_add_video_region_of_interest_meta_id(
            buffer, nero_labels_quark(labels, b->label), 0, 0, 1, 1);
        r->id = last + 1 + i;
        r->parent_id = 0;
        place(r, b, w, h);
        describe(r, b, w, h, labels);
    }
    return last + 1;
}

// For each box: how many boxes that stay in the frame come before it; -1 when it does not stay.
static int *number_boxes(const nn_result *r, const nn_transform *move, int width, int height)
{
    int *places = g_new(int, r->count);
    for (int i = 0, kept = 0; i < r->count; i++) {
        nn_box b = r->boxes[i];
        places[i] = nn_transform_box(move, width, height, &b) ? kept++ : -1;
    }
    return places;
}

void nero_detections_move(GstBuffer *to, const NeroMeta *from, const nn_transform *move, int width,
                          int height)
{
    const int first = from->first_region, count = from->result.count;
    gpointer state = NULL;
    if (first < 1 || count < 1)
        return;
    g_autofree int *places = number_boxes(&from->result, move, width, height);
    g_autoptr(GPtrArray) gone = g_ptr_array_new();
    for (GstVideoRegionOfInterestMeta *r; (r = next_region(to, &state));) {
        const int i = r->id - first;
        if (i < 0 || i >= count)
            continue;
        nn_box b = from->result.boxes[i];
        if (places[i] < 0) {
            g_ptr_array_add(gone, r);
            continue;
        }
        nn_transform_box(move, width, height, &b);
        r->id = first + places[i];
        place(r, &b, width, height);
        describe(r, &b, width, height, from->labels);
    }
    for (guint i = 0; i < gone->len; i++)
        gst_buffer_remove_meta(to, g_ptr_array_index(gone, i));
    state = NULL;
    for (GstVideoRegionOfInterestMeta *r; (r = next_region(to, &state));) {
        const int i = r->parent_id - first;
        if (i >= 0 && i < count)
            r->parent_id = places[i] < 0 ? 0 : first + places[i];
    }
}

void nero_detections_set_parents(GstBuffer *buffer, int first, const int *parents, int count)
{
    gpointer state = NULL;
    for (GstVideoRegionOfInterestMeta *r; (r = next_region(buffer, &state));)
        if (r->id >= first && r->id < first + count)
            r->parent_id = parents[r->id - first];
}

// The number that region `id` gets when the NeroMeta that it belongs to moves; 0 when it goes.
static int number_after(const GPtrArray *metas, int id, const nn_transform *move, int width,
                        int height)
{
    for (guint k = 0; k < metas->len; k++) {
        const NeroMeta *m = g_ptr_array_index(metas, k);
        const int i = id - m->first_region;
        if (m->first_region < 1 || i < 0 || i >= m->result.count)
            continue;
        g_autofree int *places = number_boxes(&m->result, move, width, height);
        return places[i] < 0 ? 0 : m->first_region + places[i];
    }
    return id;
}

void nero_detections_restore(GstBuffer *to, GstBuffer *from, const NeroMeta *meta,
                             const GPtrArray *metas, const nn_transform *move, int width,
                             int height)
{
    gpointer state = NULL;
    for (GstVideoRegionOfInterestMeta *r; (r = next_region(to, &state));) {
        const int i = r->id - meta->first_region;
        if (meta->first_region < 1 || i < 0 || i >= meta->result.count)
            continue;
        const GstVideoRegionOfInterestMeta *old = nero_region_find(from, r->id);
        if (!old)
            continue;
        if (old->parent_id > 0)
            r->parent_id = number_after(metas, old->parent_id, move, width, height);
        for (const GList *l = old->params; l; l = l->next) {
            const GstStructure *s = l->data;
            if (!gst_structure_has_name(s, "detection") &&
                !gst_video_region_of_interest_meta_get_param(r, gst_structure_get_name(s)))
                gst_video_region_of_interest_meta_add_param(r, gst_structure_copy(s));
        }
    }
}
