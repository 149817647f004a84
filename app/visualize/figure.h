// SPDX-License-Identifier: MIT
// Figures of what a network sees: pictures in a grid with titles, boxes and colour bars.
#ifndef APP_VISUALIZE_FIGURE_H
#define APP_VISUALIZE_FIGURE_H

#include "app/report/report_canvas.h"
#include "app/visualize/map.h"

#include <glib.h>

enum { APP_FIGURE_FACTS = 8, APP_BAR_TICKS = 7, APP_MARKS = 12 };

typedef struct app_mark {
    float x0, y0, x1, y1; // pixels of the picture
    uint32_t rgb;
    char *text; // owned (g_free); NULL: none
} app_mark;

// A picture with two lines above it, and at its right the scale of its numbers.
typedef struct app_figure_cell {
    nn_image image;           // owned; without pixels an empty place
    nn_image second;          // owned: shares the place, at the right; without pixels: none
    char *title, *note;       // owned (g_free); may be NULL
    app_mark mark[APP_MARKS]; // the first ones that are kept
    int marks;
    bool has_bar;
    app_scale scale;
} app_figure_cell;

typedef struct app_figure {
    char *title;                   // owned (g_free)
    char *facts[APP_FIGURE_FACTS]; // owned; flow below the title as far as they reach
    char *footer;                  // owned; may be NULL
    app_figure_cell *cells;        // owned (g_free)
    int count;
    int columns;       // 0: by the shape of pictures and page
    int width, height; // pixels of a cell's picture, which is drawn as large as fits
    bool pixels;       // of enlarged pictures show as squares
    bool wide_titles;  // of cells may reach over the next ones, which have none
    bool bar_at_right; // one scale for all cells
    app_scale scale;   // of that bar
} app_figure;

// Adds a cell at the end, empty; valid until the next one.
app_figure_cell *app_figure_add(app_figure *f);
void app_figure_add_fact(app_figure *f, const char *format, ...) G_GNUC_PRINTF(2, 3);
// Adds a mark, unless the cell has APP_MARKS. `text` may be NULL.
void app_figure_mark(app_figure_cell *c, float x0, float y0, float x1, float y1, uint32_t rgb,
                     const char *text);
void app_figure_release(app_figure *f); // a zeroed figure is a no-op

// Draws it. NN_EINVAL when it would be larger than 30000 pixels.
nn_status app_figure_write(const app_figure *f, const char *path, nn_error *err);

// Draws a mark of a picture that is at (x, y), w x h pixels large; `scale`: of its pixels.
void app_figure_draw_mark(app_canvas *c, const app_mark *m, double x, double y, double w, double h,
                          double scale);
// Round numbers within low .. high, at most `most` <= APP_BAR_TICKS; returns how many.
int app_bar_ticks(double low, double high, int most, double ticks[APP_BAR_TICKS]);
// Draws a scale with its numbers to the right: the bar is `width` pixels wide, high values are at
// the top.
void app_bar_draw(app_canvas *c, const app_scale *scale, double x, double y, double width,
                  double height, app_colour ink);

#endif
