// SPDX-License-Identifier: MIT
// What nerooverlay draws: boxes, labels, trails, maps and their legend.
#ifndef PLUGINS_OVERLAY_OVERLAY_DRAW_H
#define PLUGINS_OVERLAY_OVERLAY_DRAW_H

#include "nn/vision/analytics/report.h"
#include "plugins/common/label_layout.h"
#include "plugins/common/trails.h"
#include "plugins/overlay/canvas.h"
#include "plugins/overlay/captions.h"
#include "plugins/overlay/overlay_style.h"

// Draws boxes and labels of `objects` (NeroObject, best first).
// Labels that would hide objects, other labels or the rectangles in `taken` (NeroRect) are left
// out.
void nero_overlay_draw_objects(NeroCanvas *canvas, const GArray *objects, const GArray *taken,
                               NeroCaptions *captions, const NeroStyle *style);
void nero_overlay_draw_counts(NeroCanvas *canvas, const nn_report *report, NeroCaptions *captions,
                              const NeroStyle *style);

// Draws zones and lines, and appends to `taken` where nero_overlay_draw_counts, which is to be
// called later, draws their names and counts.
void nero_overlay_draw_areas(NeroCanvas *canvas, const nn_report *report, GArray *taken,
                             NeroCaptions *captions, const NeroStyle *style);

// Draws the ways that objects have gone, fading into the past.
void nero_overlay_draw_trails(NeroCanvas *canvas, const NeroTrails *trails, const NeroStyle *style);

// Blends the maps of the buffer over the frame, half transparent, and draws the legend. Only the
// classes in `regions` (NeroRegion) are shown.
void nero_overlay_draw_maps(NeroCanvas *canvas, GstBuffer *buffer, const GArray *regions,
                            NeroCaptions *captions, const NeroStyle *style);

#endif
