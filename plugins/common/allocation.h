// SPDX-License-Identifier: MIT
// Answers of our elements to ALLOCATION queries.
#ifndef PLUGINS_COMMON_ALLOCATION_H
#define PLUGINS_COMMON_ALLOCATION_H

#include <gst/base/gstbasetransform.h>

// propose_allocation() of an element whose parent class is given: accepts GstVideoMeta (frames with
// any strides) and applies nero_allocation_refuse_crop. FALSE when the parent refuses the query.
gboolean nero_propose_allocation(GstBaseTransformClass *parent, GstBaseTransform *base,
                                 GstQuery *decide, GstQuery *query);
// Removes GstVideoCropMeta from the query, which an element downstream may have offered. Otherwise
// videocrop would send frames in their old size, whose boxes do not fit the caps.
void nero_allocation_refuse_crop(GstQuery *query);

#endif
