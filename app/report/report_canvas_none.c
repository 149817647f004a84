// SPDX-License-Identifier: MIT
// Replaces the canvas in a build without Pango: no canvas opens, so nothing is drawn.
#include "app/report/report_canvas.h"
#include "app/report/report_sheet.h"
#include "nn/base/features.h"

nn_status app_canvas_init(app_canvas *c, int width, int height, nn_error *err)
{
    (void)c;
    (void)width;
    (void)height;
    return nn_fail_without(err, "pango");
}

void app_canvas_release(app_canvas *c)
{
    (void)c;
}

void app_canvas_text(app_canvas *c, double x, double y, const app_text *how, const char *text)
{
    (void)c;
    (void)x;
    (void)y;
    (void)how;
    (void)text;
}

void app_canvas_text_up(app_canvas *c, double x, double y, const app_text *how, const char *text)
{
    app_canvas_text(c, x, y, how, text);
}

void app_canvas_picture(app_canvas *c, double x, double y, double scale, double sharp,
                        const nn_image *image)
{
    (void)c;
    (void)x;
    (void)y;
    (void)scale;
    (void)sharp;
    (void)image;
}

double app_canvas_text_width(app_canvas *c, const app_text *how, const char *text)
{
    app_canvas_text(c, 0, 0, how, text);
    return 0;
}

void app_canvas_fill(app_canvas *c, double x, double y, double w, double h, app_colour colour)
{
    (void)c;
    (void)x;
    (void)y;
    (void)w;
    (void)h;
    (void)colour;
}

void app_canvas_read(app_canvas *c, uint8_t *rgb)
{
    (void)c;
    (void)rgb;
}

nn_status app_canvas_save(app_canvas *c, const char *path, nn_error *err)
{
    (void)c;
    (void)path;
    return nn_fail_without(err, "pango");
}

nn_status app_report_sheet_write(const app_report_sheet *s, const char *path, nn_error *err)
{
    (void)s;
    (void)path;
    return nn_fail_without(err, "pango");
}
