// SPDX-License-Identifier: MIT
// Writes a result onto a buffer in every form that other elements understand.
#ifndef PLUGINS_INFER_ATTACH_H
#define PLUGINS_INFER_ATTACH_H

#include "plugins/meta/nerometa_internal.h"

// Adds a NeroMeta and, for each box, a GstVideoRegionOfInterestMeta with DL Streamer's "detection"
// structure (and "object_id" when tracked) to a writable buffer. Region ids start at 1 or after
// those already there; parent_id is 0. FALSE when memory is short.
gboolean nero_attach_result(GstBuffer *buffer, const nn_result *result, NeroLabels *labels);

#endif
