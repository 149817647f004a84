// SPDX-License-Identifier: MIT
// Answers of our elements to ALLOCATION queries.
#ifndef PLUGINS_COMMON_ALLOCATION_H
#define PLUGINS_COMMON_ALLOCATION_H

#include <gst/base/gstbasetransform.h>

// propose_allocation() of an element that derives from GstBaseTransform: accepts GstVideoMeta
// (frames with any strides) and applies nero_allocation_refuse_crop. FALSE when the base class
// refuses the query.
gboolean nero_propose_allocation(GstBaseTransform *base, GstQuery *decide, GstQuery *query);
// Removes GstVideoCropMeta from the query, which an element downstream may have offered. Otherwise
// videocrop would send frames in their old size, whose boxes do not fit the caps.
void nero_allocation_refuse_crop(GstQuery *query);

#endif
