// SPDX-License-Identifier: MIT
// Draws trails of objects, zones and lines at the resolution of the window.
#ifndef PLUGINS_SINK_SINK_LINES_H
#define PLUGINS_SINK_SINK_LINES_H

#include "nn/vision/analytics/report.h"
#include "plugins/common/colours.h"
#include "plugins/common/trails.h"
#include "plugins/text/text.h"

typedef struct NeroLinePoint {
    float x, y, opacity; // pixels of the window; opacity 0..1
} NeroLinePoint;
// Draws a line with soft edges through up to NERO_TRAIL_POINTS points. With `closed` a piece leads
// back to the first one.
void nero_draw_line(SDL_Renderer *renderer, const NeroLinePoint *p, int n, gboolean closed,
                    float thick, guint32 rgb);

// Draws the trails of objects in frames of width x height, which fill `area`, fading into the past.
void nero_draw_trails(SDL_Renderer *renderer, const SDL_Rect *area, int width, int height,
                      const NeroTrails *trails, NeroColourBy colour_by);

// Draws the zones and lines of a report, and appends to `taken` (NeroRect) where nero_draw_counts,
// which is to be called later, draws their names and counts. `text` may be NULL.
void nero_draw_areas(SDL_Renderer *renderer, NeroText *text, const SDL_Rect *area,
                     const nn_report *report, GArray *taken);
void nero_draw_counts(SDL_Renderer *renderer, NeroText *text, const SDL_Rect *area,
                      const nn_report *report);

#endif
