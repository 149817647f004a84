// SPDX-License-Identifier: MIT
// Lists, numbers and adds regions of interest.
#include "plugins/track/roi.h"

static GstVideoRegionOfInterestMeta *next_region(GstBuffer *buffer, gpointer *state)
{
    return (GstVideoRegionOfInterestMeta *)gst_buffer_iterate_meta_filtered(
        buffer, state, GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE);
}

void nero_roi_remove(GstBuffer *buffer, int first, int count)
{
    gpointer state = NULL;
    g_autoptr(GPtrArray) gone = g_ptr_array_new();
    if (first < 1)
        return;
    for (GstVideoRegionOfInterestMeta *r; (r = next_region(buffer, &state));)
        if (r->id >= first && r->id - first < count)
            g_ptr_array_add(gone, r);
    for (guint i = 0; i < gone->len; i++)
        gst_buffer_remove_meta(buffer, g_ptr_array_index(gone, i));
}

// A part of another object has a parent; some elements leave 0, others -1 in those without.
static gboolean is_object(const GstVideoRegionOfInterestMeta *r)
{
    return r->parent_id <= 0 && r->w > 0 && r->h > 0;
}

guint nero_roi_list(GstBuffer *buffer, GArray *boxes)
{
    gpointer state = NULL;
    const guint before = boxes->len;
    for (GstVideoRegionOfInterestMeta *r; (r = next_region(buffer, &state));) {
        GstStructure *s = gst_video_region_of_interest_meta_get_param(r, "detection");
        gdouble score = 1;
        if (!is_object(r))
            continue;
        if (s)
            gst_structure_get_double(s, "confidence", &score);
        const nn_box b = {.x0 = (float)r->x,
                          .y0 = (float)r->y,
                          .x1 = (float)r->x + (float)r->w,
                          .y1 = (float)r->y + (float)r->h,
                          .score = (float)score,
                          .label = (int32_t)r->roi_type};
        g_array_append_val(boxes, b);
    }
    return boxes->len - before;
}

static void identify(GstVideoRegionOfInterestMeta *r, int id)
{
    GstStructure *s = gst_video_region_of_interest_meta_get_param(r, "object_id");
    if (s)
        gst_structure_set(s, "id", G_TYPE_INT, id, NULL);
    else if (id > 0)
        gst_video_region_of_interest_meta_add_param(
            r, gst_structure_new("object_id", "id", G_TYPE_INT, id, NULL));
}

void nero_roi_identify(GstBuffer *buffer, const nn_box *boxes, guint count)
{
    gpointer state = NULL;
    guint i = 0;
    for (GstVideoRegionOfInterestMeta *r; i < count && (r = next_region(buffer, &state));)
        if (is_object(r))
            identify(r, boxes[i++].track_id);
}

void nero_roi_add_predicted(GstBuffer *buffer, const GstVideoInfo *info, const GArray *boxes)
{
    gpointer state = NULL;
    gint last = 0;
    for (GstVideoRegionOfInterestMeta *r; (r = next_region(buffer, &state));)
        last = MAX(last, r->id);
    for (guint i = 0; i < boxes->len; i++) {
        const nn_box *b = &g_array_index(boxes, nn_box, i);
        const gdouble w = GST_VIDEO_INFO_WIDTH(info), h = GST_VIDEO_INFO_HEIGHT(info);
        const guint x = (guint)(MAX(b->x0, 0) + 0.5f), y = (guint)(MAX(b->y0, 0) + 0.5f);
        GstVideoRegionOfInterestMeta *r = gst_buffer_add_video_region_of_interest_meta_id(
            buffer, (GQuark)b->label, x, y, MAX((guint)(b->x1 + 0.5f), x + 1) - x,
            MAX((guint)(b->y1 + 0.5f), y + 1) - y);
        r->id = ++last;
        r->parent_id = 0;
        gst_video_region_of_interest_meta_add_param(
            r,
            gst_structure_new("detection", "confidence", G_TYPE_DOUBLE, (gdouble)b->score, "x_min",
                              G_TYPE_DOUBLE, b->x0 / w, "x_max", G_TYPE_DOUBLE, b->x1 / w, "y_min",
                              G_TYPE_DOUBLE, b->y0 / h, "y_max", G_TYPE_DOUBLE, b->y1 / h,
                              "predicted", G_TYPE_BOOLEAN, TRUE, NULL));
        identify(r, b->track_id);
    }
}
