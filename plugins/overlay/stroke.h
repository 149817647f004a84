// SPDX-License-Identifier: MIT
// Smooth lines through points.
#ifndef PLUGINS_OVERLAY_STROKE_H
#define PLUGINS_OVERLAY_STROKE_H

#include "plugins/overlay/canvas.h"

typedef struct NeroStrokePoint {
    float x, y;
    float opacity; // 0..1, changes evenly from point to point
} NeroStrokePoint;

// Draws a line with round ends through `n` points, `thickness` pixels thick. Where its pieces meet
// the colour is not blended twice. With `closed` a piece leads back to the first point.
void nero_stroke(NeroCanvas *c, const NeroStrokePoint *points, guint n, gboolean closed,
                 float thickness, guint32 rgb);

#endif
