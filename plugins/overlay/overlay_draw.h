// SPDX-License-Identifier: MIT
// What nerooverlay draws: boxes, labels, maps and their legend, straight into the frame.
#ifndef PLUGINS_OVERLAY_OVERLAY_DRAW_H
#define PLUGINS_OVERLAY_OVERLAY_DRAW_H

#include "plugins/overlay/captions.h"

#include <gst/video/video.h>

// Of what was not measured on the frame itself.
typedef enum NeroPredictedStyle {
    NERO_STYLE_SOLID,
    NERO_STYLE_DIM,
    NERO_STYLE_DASHED,
    NERO_STYLE_HIDDEN
} NeroPredictedStyle;

typedef struct NeroStyle {
    gboolean labels, scores;
    int thickness, font; // pixels
    NeroPredictedStyle predicted;
} NeroStyle;

// Boxes and labels of `objects` (NeroObject, the best first) into a frame mapped for writing.
// Labels that would hide objects or other labels are left out.
void nero_overlay_draw_objects(GstVideoFrame *frame, const GArray *objects, NeroCaptions *captions,
                               const NeroStyle *style);

// The maps of the buffer behind the frame, half transparent, in the colours of `regions`
// (NeroRegion), the only classes that are shown, and what the colours mean.
void nero_overlay_draw_maps(GstVideoFrame *frame, GstBuffer *buffer, const GArray *regions,
                            NeroCaptions *captions, const NeroStyle *style);

#endif
