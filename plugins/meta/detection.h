// SPDX-License-Identifier: MIT
// Regions of interest in DL Streamer's form, for elements that do not know NeroMeta.
#ifndef PLUGINS_META_DETECTION_H
#define PLUGINS_META_DETECTION_H

#include "plugins/meta/nerometa_internal.h"

// Adds a GstVideoRegionOfInterestMeta for each box of `result`, with a "detection" structure and,
// for tracked boxes, "object_id". Ids count from 1, or from the highest id of the buffer; parent_id
// is 0. Returns the first id; 0 when there are no boxes.
int nero_detections_add(GstBuffer *buffer, const nn_result *result, const NeroLabels *labels);
// Moves the regions of `to`, copies of those of `from`, as `move` moves their boxes, into a frame
// of width x height. It restores their structures, which GStreamer drops when it scales. Regions
// outside the frame are removed, the others get the numbers of their boxes.
void nero_detections_move(GstBuffer *to, const NeroMeta *from, const nn_transform *move, int width,
                          int height);
// Sets parent_id of the regions with the ids first, first + 1, ...
void nero_detections_set_parents(GstBuffer *buffer, int first, const int *parents, int count);
// Before nero_detections_move: gives the regions of `to` what GStreamer did not copy from those of
// `from`, such as the results of classifiers, and the numbers that their parents get.
// `metas` are all NeroMetas of `from`.
void nero_detections_restore(GstBuffer *to, GstBuffer *from, const NeroMeta *meta,
                             const GPtrArray *metas, const nn_transform *move, int width,
                             int height);

#endif
