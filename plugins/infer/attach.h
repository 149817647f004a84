// SPDX-License-Identifier: MIT
// Attaches a result to a buffer in all forms that other elements understand.
#ifndef PLUGINS_INFER_ATTACH_H
#define PLUGINS_INFER_ATTACH_H

#include "plugins/meta/nerometa_internal.h"

// Adds a NeroMeta to a writable buffer and, for each box, a GstVideoRegionOfInterestMeta with DL
// Streamer's "detection" structure (and "object_id" for tracked boxes). Region ids start at 1 or
// after those of the buffer; parent_id is 0. FALSE when memory is short.
gboolean nero_attach_result(GstBuffer *buffer, const nn_result *result, NeroLabels *labels);

#endif
