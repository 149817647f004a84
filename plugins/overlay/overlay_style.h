// SPDX-License-Identifier: MIT
// How nerooverlay draws.
#ifndef PLUGINS_OVERLAY_OVERLAY_STYLE_H
#define PLUGINS_OVERLAY_OVERLAY_STYLE_H

#include "plugins/common/colours.h"

// How to draw boxes that were not measured on the frame itself.
typedef enum NeroPredictedStyle {
    NERO_STYLE_SOLID,
    NERO_STYLE_DIM,
    NERO_STYLE_DASHED,
    NERO_STYLE_HIDDEN
} NeroPredictedStyle;

typedef struct NeroStyle {
    gboolean boxes, labels, scores, zones;
    int thickness, font; // pixels
    NeroPredictedStyle predicted;
    NeroColourBy colour_by;
} NeroStyle;

#endif
