// SPDX-License-Identifier: MIT
// Draws into a frame for nerooverlay: boxes, labels, maps and their legend.
#ifndef PLUGINS_OVERLAY_OVERLAY_DRAW_H
#define PLUGINS_OVERLAY_OVERLAY_DRAW_H

#include "plugins/overlay/captions.h"

#include <gst/video/video.h>

// How to draw boxes that were not measured on the frame itself.
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

// Draws boxes and labels of `objects` (NeroObject, best first) into a frame mapped for writing.
// Labels that would hide objects or other labels are left out.
void nero_overlay_draw_objects(GstVideoFrame *frame, const GArray *objects, NeroCaptions *captions,
                               const NeroStyle *style);

// Blends the maps of the buffer over the frame, half transparent, and draws the legend. Only the
// classes in `regions` (NeroRegion) are shown.
void nero_overlay_draw_maps(GstVideoFrame *frame, GstBuffer *buffer, const GArray *regions,
                            NeroCaptions *captions, const NeroStyle *style);

#endif
