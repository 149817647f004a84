// SPDX-License-Identifier: MIT
// What stands for contact sheets in a build without Pango: none can be had, so none is drawn on.
#include "app/report/sheet.h"
#include "nn/base/features.h"

nn_status app_sheet_new(app_sheet **out, const app_sheet_options *options, nn_error *err)
{
    (void)options;
    *out = NULL;
    return nn_fail_without(err, "pango");
}

void app_sheet_free(app_sheet *s)
{
    (void)s;
}

void app_sheet_heading(app_sheet *s, int column, const char *text)
{
    (void)s;
    (void)column;
    (void)text;
}

void app_sheet_picture(app_sheet *s, int row, int column, const nn_image *image)
{
    (void)s;
    (void)row;
    (void)column;
    (void)image;
}

void app_sheet_box(app_sheet *s, int row, int column, float x0, float y0, float x1, float y1,
                   int colour, const char *label)
{
    (void)s;
    (void)row;
    (void)column;
    (void)x0;
    (void)y0;
    (void)x1;
    (void)y1;
    (void)colour;
    (void)label;
}

void app_sheet_caption(app_sheet *s, int row, int column, const char *text)
{
    (void)s;
    (void)row;
    (void)column;
    (void)text;
}

nn_status app_sheet_save(app_sheet *s, const char *path, nn_error *err)
{
    (void)s;
    (void)path;
    return nn_fail_without(err, "pango");
}
