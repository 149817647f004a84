// SPDX-License-Identifier: MIT
// A white canvas for figures with text, saved as PNG.
#ifndef APP_REPORT_REPORT_CANVAS_H
#define APP_REPORT_REPORT_CANVAS_H

#include "nn/base/status.h"
#include "nn/io/image/image.h"

#include <stdbool.h>

// Types of cairo, whose header only those files include that draw with it.
typedef struct _cairo cairo_t;
typedef struct _cairo_surface cairo_surface_t;

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
    double size; // height of the letters in pixels
    bool bold;
    app_colour colour;
    double width; // longer text ends in "..."; 0: no limit
    double align; // 0: begins at x, 0.5: is centred on x, 1: ends at x
} app_text;

// NN_ENOMEM when the canvas is too large.
nn_status app_canvas_init(app_canvas *c, int width, int height, nn_error *err);
void app_canvas_release(app_canvas *c); // no-op for a zeroed one
// `y` is the middle of the line. Invalid UTF-8 is shown as bytes.
void app_canvas_text(app_canvas *c, double x, double y, const app_text *how, const char *text);
// Upwards text: begins at (x, y); x is the middle of the line.
void app_canvas_text_up(app_canvas *c, double x, double y, const app_text *how, const char *text);
// A picture with its corner at (x, y), `scale` pixels a pixel. Whole pixels are shown from the
// scale `sharp` on.
void app_canvas_picture(app_canvas *c, double x, double y, double scale, double sharp,
                        const nn_image *image);
double app_canvas_text_width(app_canvas *c, const app_text *how, const char *text);
void app_canvas_fill(app_canvas *c, double x, double y, double w, double h, app_colour colour);
// Writes a PNG under a temporary name and renames it, so that `path` is always complete.
nn_status app_canvas_save(app_canvas *c, const char *path, nn_error *err);

#endif
