// SPDX-License-Identifier: MIT
// The message "neroinfer" on the bus, for applications that look at no buffers.
#ifndef PLUGINS_INFER_INFER_MESSAGE_H
#define PLUGINS_INFER_INFER_MESSAGE_H

#include "plugins/meta/nerometa_internal.h"

// "neroinfer" with timestamp, stream-time, running-time, duration (uint64, of the frame), age-ms
// (double: how much older the inferred frame is), infer-ms (double), input-width, input-height
// (int), interval (uint) and objects: a list of structures "object" with label (string), label-id
// (int), confidence (double), x, y, width, height (int, pixels of the frame). Owned by the caller.
GstStructure *nero_infer_message(const NeroMeta *meta, GstBuffer *buffer,
                                 const GstSegment *segment);

#endif
