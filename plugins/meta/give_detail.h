// SPDX-License-Identifier: MIT
// Details that one model adds to the objects of another.
#ifndef PLUGINS_META_GIVE_DETAIL_H
#define PLUGINS_META_GIVE_DETAIL_H

#include "nn/vision/details.h"

#include <gst/gst.h>

// Gives the region with this id the keypoints of one of `from`, in pixels of the frame: to the box
// of the NeroMeta that the region belongs to, and as a structure (details.h). A mask or a rotated
// box that it had stays. FALSE when memory is short.
gboolean nero_meta_give_detail(GstBuffer *buffer, int region, const nn_details *from,
                               int32_t detail);

#endif
