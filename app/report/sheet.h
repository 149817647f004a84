// SPDX-License-Identifier: MIT
// Contact sheets: rows and columns of pictures with boxes and captions, as one PNG.
#ifndef APP_REPORT_SHEET_H
#define APP_REPORT_SHEET_H

#include "nn/io/image/image.h"

typedef struct app_sheet app_sheet;

typedef struct app_sheet_options {
    int rows, columns;
    int width, height; // of a typical picture, whose shape the cells get
    int lines;         // of the captions
    bool headings;     // a line of text above the columns
} app_sheet_options;

// NN_EINVAL when the sheet would be larger than 30000 pixels. Small pictures are enlarged by a
// whole number, large ones reduced.
nn_status app_sheet_new(app_sheet **out, const app_sheet_options *options, nn_error *err);
void app_sheet_free(app_sheet *s);

void app_sheet_heading(app_sheet *s, int column, const char *text);
void app_sheet_picture(app_sheet *s, int row, int column, const nn_image *image);
// In pixels of the cell's picture, which comes first. `colour`: a number per class; negative: grey,
// for what is to be ignored. `label` may be NULL; boxes too narrow for it go without.
void app_sheet_box(app_sheet *s, int row, int column, float x0, float y0, float x1, float y1,
                   int colour, const char *label);
// Under the picture; what does not fit ends in an ellipsis.
void app_sheet_caption(app_sheet *s, int row, int column, const char *text);

nn_status app_sheet_save(const app_sheet *s, const char *path, nn_error *err);

#endif
