// SPDX-License-Identifier: MIT
// Contact sheets: rows and columns of pictures with boxes and captions, as one PNG.
#ifndef APP_REPORT_SHEET_H
#define APP_REPORT_SHEET_H

#include "nn/io/image/image.h"

typedef struct app_sheet app_sheet;

typedef struct app_sheet_options {
    int rows, columns;
    int width, height; // size of a typical picture; the cells have its shape
    int lines;         // of each caption
    bool headings;     // a line of text above the columns
} app_sheet_options;

// NN_EINVAL when the sheet would be larger than 30000 pixels. Small pictures are enlarged by a
// whole number, large ones reduced.
nn_status app_sheet_new(app_sheet **out, const app_sheet_options *options, nn_error *err);
void app_sheet_free(app_sheet *s);

void app_sheet_heading(app_sheet *s, int column, const char *text);
void app_sheet_picture(app_sheet *s, int row, int column, const nn_image *image);
// Draws a box in pixels of the cell's picture, which must be drawn first. `colour` is a number for
// each class; negative: grey, for ignored objects. `label` may be NULL; boxes that are too narrow
// have none.
void app_sheet_box(app_sheet *s, int row, int column, float x0, float y0, float x1, float y1,
                   int colour, const char *label);
// Text under the picture; too long text ends in an ellipsis.
void app_sheet_caption(app_sheet *s, int row, int column, const char *text);

nn_status app_sheet_save(app_sheet *s, const char *path, nn_error *err);

#endif
