// SPDX-License-Identifier: MIT
// The regions of interest of a buffer, as the tracker reads and writes them.
#ifndef PLUGINS_TRACK_ROI_H
#define PLUGINS_TRACK_ROI_H

#include "nn/vision/result.h"

#include <gst/video/video.h>

// Removes the `count` regions whose ids start at `first` (0: none).
void nero_roi_remove(GstBuffer *buffer, int first, int count);
// Appends the regions of other detectors to an array of nn_box; the label of a box is the quark of
// its class. Regions inside of others (parent_id) are parts of objects and left out. Returns their
// number.
guint nero_roi_list(GstBuffer *buffer, GArray *boxes);
// Writes the track ids of these boxes, which were listed from this buffer, as DL Streamer's
// "object_id".
void nero_roi_identify(GstBuffer *buffer, const nn_box *boxes, guint count);
// Adds a region for each box, with "detection" (`predicted` is TRUE in it) and "object_id".
void nero_roi_add_predicted(GstBuffer *buffer, const GstVideoInfo *info, const GArray *boxes);

#endif
