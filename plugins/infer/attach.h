// SPDX-License-Identifier: MIT
// Attaches a result to a buffer in all forms that other elements understand.
#ifndef PLUGINS_INFER_ATTACH_H
#define PLUGINS_INFER_ATTACH_H

#include "plugins/meta/nerometa_internal.h"

// Name of the upstream event by which nerotrack, and nerooverlay when it anonymizes, ask neroinfer
// for faint boxes, too.
#define NERO_WANTS_FAINT "nero-wants-faint"

// Adds a NeroMeta to a writable buffer and, for each box, a GstVideoRegionOfInterestMeta with DL
// Streamer's "detection" structure (and "object_id" for tracked boxes). Region ids start at 1 or
// after those of the buffer; parent_id is 0. Boxes with a score below `threshold` (0: none) or,
// unless it is NULL, that of their class, are kept for trackers and shown to nobody else.
// Returns the NeroMeta; NULL when memory is short.
NeroMeta *nero_attach_result(GstBuffer *buffer, const nn_result *result, float threshold,
                             const float *class_thresholds, NeroLabels *labels);

#endif
