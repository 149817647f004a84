// SPDX-License-Identifier: MIT
// Contact sheets for reports: a grid of pictures with boxes and captions.
#ifndef APP_REPORT_REPORT_SHEET_H
#define APP_REPORT_REPORT_SHEET_H

#include "app/report/report_canvas.h"
#include "nn/io/image/image.h"

typedef enum app_box_kind {
    APP_BOX_HIT, // the verdict on a predicted box or a true object
    APP_BOX_FALSE,
    APP_BOX_MISSED,
    APP_BOX_CLASS,   // a label, in the colour of its class
    APP_BOX_IGNORED, // a label that is ignored
} app_box_kind;

typedef struct app_report_box {
    float x0, y0, x1, y1; // pixels of the picture before it was reduced
    app_box_kind kind;
    int label;         // class of APP_BOX_CLASS
    char text[48];     // beside it; may be empty
    float (*lines)[4]; // owned (g_free): x0, y0, x1, y1 of lines that belong to it; NULL
    int line_count;
} app_report_box;

enum { APP_CAPTION_LINES = 3 };

typedef struct app_report_cell {
    nn_image image;        // owned
    int reduced;           // factor by which the picture was reduced; 0: 1
    app_report_box *boxes; // owned (g_free)
    int box_count;
    char *caption[APP_CAPTION_LINES]; // owned (g_free); NULL: no caption
} app_report_cell;

typedef struct app_report_sheet {
    const char *title, *subtitle;
    app_colour caption[APP_CAPTION_LINES];
    app_report_cell *cells;
    int count, columns;
    int width, height; // pixels of a cell's picture
    bool boxes;        // adds a legend that explains the boxes
} app_report_sheet;

// Fills a cell with a copy of a picture. Large pictures are reduced by a whole factor, to no less
// than width x height pixels.
nn_status app_report_cell_copy(app_report_cell *cell, const nn_image *image, int width, int height,
                               nn_error *err);
void app_report_cell_release(app_report_cell *cell);
// Writes the sheet as PNG.
nn_status app_report_sheet_write(const app_report_sheet *s, const char *path, nn_error *err);

#endif
