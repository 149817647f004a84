// SPDX-License-Identifier: MIT
// What our elements say about the frames they take.
#ifndef PLUGINS_COMMON_ALLOCATION_H
#define PLUGINS_COMMON_ALLOCATION_H

#include <gst/gst.h>

// Takes GstVideoMeta (any strides) into an ALLOCATION query, and nero_allocation_refuse_crop.
void nero_allocation_take_strides(GstQuery *query);
// Takes GstVideoCropMeta out, which an element downstream may have offered: videocrop would send
// frames in their old size, whose boxes do not fit the caps.
void nero_allocation_refuse_crop(GstQuery *query);

#endif
