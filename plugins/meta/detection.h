// SPDX-License-Identifier: MIT
// Regions of interest as DL Streamer writes them, for elements that do not know NeroMeta.
#ifndef PLUGINS_META_DETECTION_H
#define PLUGINS_META_DETECTION_H

#include "plugins/meta/nerometa_internal.h"

// Adds a GstVideoRegionOfInterestMeta for each box of `result`, with a "detection" structure and,
// when the box is tracked, "object_id". Ids go up from 1, or from what is already there; parent_id
// is 0. Returns the first id, 0 when there are none.
int nero_detections_add(GstBuffer *buffer, const nn_result *result, const NeroLabels *labels);
// Puts the regions of `to` that are copies of those of `from` where `move` puts their boxes, in a
// frame of width x height, and gives them back their structures, which GStreamer leaves out when it
// scales. Those that are outside now go; the others are numbered as their boxes.
void nero_detections_move(GstBuffer *to, const NeroMeta *from, const nn_transform *move, int width,
                          int height);

#endif
