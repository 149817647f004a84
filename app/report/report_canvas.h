// SPDX-License-Identifier: MIT
// A white canvas for figures with text, saved as PNG.
#ifndef APP_REPORT_REPORT_CANVAS_H
#define APP_REPORT_REPORT_CANVAS_H

#include "nn/base/status.h"
#include "nn/io/image/image.h"

#include <stdbool.h>

// Declared here because only the files that draw include the header of Cairo.
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
    double size; // height of the letters, pixels
    bool bold;
    app_colour colour;
    double width; // pixels; longer text ends in "..."; 0: no limit
    double align; // 0: starts at x, 0.5: centred on x, 1: ends at x
} app_text;

// NN_ENOMEM also when the canvas is too large.
nn_status app_canvas_init(app_canvas *c, int width, int height, nn_error *err);
void app_canvas_release(app_canvas *c); // a zeroed canvas is a no-op
// Draws text on one line; `y` is the middle of the line. Invalid bytes are shown as such.
void app_canvas_text(app_canvas *c, double x, double y, const app_text *how, const char *text);
// Draws text upwards from (x, y); x is the middle of the line.
void app_canvas_text_up(app_canvas *c, double x, double y, const app_text *how, const char *text);
// Draws a picture with its top left corner at (x, y); a picture pixel is `scale` canvas pixels
// wide. From the scale `sharp` on pixels are drawn as squares instead of being interpolated.
void app_canvas_picture(app_canvas *c, double x, double y, double scale, double sharp,
                        const nn_image *image);
double app_canvas_text_width(app_canvas *c, const app_text *how, const char *text);
void app_canvas_fill(app_canvas *c, double x, double y, double w, double h, app_colour colour);
// Copies the canvas to 3 * width * height bytes, R, G, B.
void app_canvas_read(app_canvas *c, uint8_t *rgb);
// Writes a PNG to a temporary file and renames it, so that `path` is always complete.
nn_status app_canvas_save(app_canvas *c, const char *path, nn_error *err);

#endif
