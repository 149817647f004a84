// SPDX-License-Identifier: MIT
// Contact sheets for reports: rows of pictures with boxes and captions.
#ifndef APP_REPORT_REPORT_SHEET_H
#define APP_REPORT_REPORT_SHEET_H

#include "app/report/report_canvas.h"
#include "nn/io/image/image.h"

typedef enum app_box_kind {
    APP_BOX_HIT, // verdicts on the box of a model or of an object
    APP_BOX_FALSE,
    APP_BOX_MISSED,
    APP_BOX_CLASS,   // a label: in the colour of its class
    APP_BOX_IGNORED, // a label that is not counted
} app_box_kind;

typedef struct app_report_box {
    float x0, y0, x1, y1; // pixels of the picture, before it was reduced
    app_box_kind kind;
    int label;     // of APP_BOX_CLASS
    char text[48]; // beside it; may be empty
} app_report_box;

enum { APP_CAPTION_LINES = 3 };

typedef struct app_report_cell {
    nn_image image;        // owned
    int reduced;           // pixels of the picture along one of the image; 0: 1
    app_report_box *boxes; // owned (g_free)
    int box_count;
    char *caption[APP_CAPTION_LINES]; // owned (g_free); NULL: none
} app_report_cell;

typedef struct app_report_sheet {
    const char *title, *subtitle;
    app_colour caption[APP_CAPTION_LINES];
    app_report_cell *cells;
    int count, columns;
    int width, height; // of a cell's picture
    bool boxes;        // a legend explains the boxes
} app_report_sheet;

// Fills a cell with a copy of a picture that still fills width x height pixels: large pictures are
// reduced by a whole number.
nn_status app_report_cell_copy(app_report_cell *cell, const nn_image *image, int width, int height,
                               nn_error *err);
void app_report_cell_release(app_report_cell *cell);
// Draws a PNG.
nn_status app_report_sheet_write(const app_report_sheet *s, const char *path, nn_error *err);

#endif
