// SPDX-License-Identifier: MIT
// Answers to ALLOCATION queries.
#include "plugins/common/allocation.h"

#include <gst/video/video.h>

void nero_allocation_refuse_crop(GstQuery *query)
{
    guint i;
    while (gst_query_find_allocation_meta(query, GST_VIDEO_CROP_META_API_TYPE, &i))
        gst_query_remove_nth_allocation_meta(query, i);
}

gboolean nero_propose_allocation(GstBaseTransform *base, GstQuery *decide, GstQuery *query)
{
    GstBaseTransformClass *parent = g_type_class_peek(GST_TYPE_BASE_TRANSFORM);
    if (!parent->propose_allocation(base, decide, query))
        return FALSE;
    nero_allocation_refuse_crop(query);
    gst_query_add_allocation_meta(query, GST_VIDEO_META_API_TYPE, NULL);
    return TRUE;
}
