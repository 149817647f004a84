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

void nero_allocation_take_strides(GstQuery *query)
{
    nero_allocation_refuse_crop(query);
    gst_query_add_allocation_meta(query, GST_VIDEO_META_API_TYPE, NULL);
}
