// SPDX-License-Identifier: MIT
// The objects on a buffer, whoever found them: ours, or another element's regions of interest.
#ifndef PLUGINS_COMMON_OBJECTS_H
#define PLUGINS_COMMON_OBJECTS_H

#include "nn/vision/result.h"

#include <gst/gst.h>

typedef struct NeroObject {
    nn_box box;        // pixels of the buffer's frame
    const char *label; // interned, never NULL
    float age_ms;      // of the inference behind the box; 0 when not known
} NeroObject;

// Replaces the contents of `objects` (an array of NeroObject) by what the buffer's NeroMetas say
// or, when it has none, its GstVideoRegionOfInterestMetas (score 1 when there is no "detection"
// structure). Returns how many there are.
guint nero_objects_read(GstBuffer *buffer, GArray *objects);

#endif
