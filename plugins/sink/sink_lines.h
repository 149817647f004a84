// SPDX-License-Identifier: MIT
// Draws trails of objects, zones and lines at the resolution of the window.
#ifndef PLUGINS_SINK_SINK_LINES_H
#define PLUGINS_SINK_SINK_LINES_H

#include "nn/vision/analytics/report.h"
#include "plugins/common/colours.h"
#include "plugins/common/trails.h"
#include "plugins/text/text.h"

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
