// SPDX-License-Identifier: MIT
// Attaches NeroMeta and region-of-interest metas to a buffer.
#include "plugins/attach.h"

#include <gst/video/video.h>

static int last_region_id(GstBuffer *buffer)
{
    gpointer state = NULL;
    GstMeta *meta;
    int last = 0;
    while ((meta = gst_buffer_iterate_meta_filtered(buffer, &state,
                                                    GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE)))
        last = MAX(last, ((GstVideoRegionOfInterestMeta *)meta)->id);
    return last;
}

static void attach_region(GstBuffer *buffer, const nn_result *r, const nn_box *b,
                          NeroLabels *labels, int id)
{
    int w = r->frame_width, h = r->frame_height;
    int left = CLAMP((int)(b->x0 + 0.5f), 0, w - 1), right = CLAMP((int)(b->x1 + 0.5f), 1, w);
    int top = CLAMP((int)(b->y0 + 0.5f), 0, h - 1), bottom = CLAMP((int)(b->y1 + 0.5f), 1, h);
    GstVideoRegionOfInterestMeta *meta = gst_buffer_add_video_region_of_interest_meta_id(
        buffer, nero_labels_quark(labels, b->label), left, top, MAX(right - left, 1),
        MAX(bottom - top, 1));
    meta->id = id;
    meta->parent_id = 0;
    gst_video_region_of_interest_meta_add_param(
        meta, gst_structure_new("detection", "label_id", G_TYPE_INT, (int)b->label, "confidence",
                                G_TYPE_DOUBLE, (double)b->score, "x_min", G_TYPE_DOUBLE,
                                (double)b->x0 / w, "x_max", G_TYPE_DOUBLE, (double)b->x1 / w,
                                "y_min", G_TYPE_DOUBLE, (double)b->y0 / h, "y_max", G_TYPE_DOUBLE,
                                (double)b->y1 / h, "model_name", G_TYPE_STRING,
                                nero_labels_model(labels), NULL));
    if (b->track_id > 0)
        gst_video_region_of_interest_meta_add_param(
            meta, gst_structure_new("object_id", "id", G_TYPE_INT, (int)b->track_id, NULL));
}

gboolean nero_attach_result(GstBuffer *buffer, const nn_result *result, NeroLabels *labels)
{
    if (!nero_meta_add(buffer, result, labels))
        return FALSE;
    if (result->frame_width < 1 || result->frame_height < 1)
        return TRUE;
    int id = last_region_id(buffer);
    for (int i = 0; i < result->count; i++)
        attach_region(buffer, result, &result->boxes[i], labels, ++id);
    return TRUE;
}
