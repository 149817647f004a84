// SPDX-License-Identifier: MIT
// A white sheet to draw figures on, text included, that becomes a PNG.
#ifndef APP_REPORT_REPORT_CANVAS_H
#define APP_REPORT_REPORT_CANVAS_H

#include "nn/base/status.h"

#include <cairo.h>
#include <stdbool.h>

typedef struct app_canvas {
    cairo_surface_t *surface;
    cairo_t *cr;
} app_canvas;

typedef struct app_colour {
    double r, g, b; // 0 .. 1
} app_colour;

#define APP_INK ((app_colour){0.12, 0.16, 0.22})
#define APP_QUIET ((app_colour){0.42, 0.45, 0.50})
#define APP_PAPER ((app_colour){1, 1, 1})

typedef struct app_text {
    double size; // pixels of a line's letters
    bool bold;
    app_colour colour;
    double width; // at most, then it ends in "..."; 0: any
    double align; // of its width: 0 begins at x, 0.5 is centred on it, 1 ends there
} app_text;

// NN_ENOMEM when the sheet is too large.
nn_status app_canvas_init(app_canvas *c, int width, int height, nn_error *err);
void app_canvas_release(app_canvas *c); // a zeroed one: no-op
// `y` is the middle of the line. Bytes that are not UTF-8 are shown as such.
void app_canvas_text(app_canvas *c, double x, double y, const app_text *how, const char *text);
// The same upwards: begins at (x, y), x is the middle of the line.
void app_canvas_text_up(app_canvas *c, double x, double y, const app_text *how, const char *text);
double app_canvas_text_width(app_canvas *c, const app_text *how, const char *text);
void app_canvas_fill(app_canvas *c, double x, double y, double w, double h, app_colour colour);
// Writes a PNG to a temporary name that is renamed, so that `path` is always whole.
nn_status app_canvas_save(app_canvas *c, const char *path, nn_error *err);

#endif
