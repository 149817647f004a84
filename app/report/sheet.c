// SPDX-License-Identifier: MIT
// Contact sheets in the making: rows and columns of pictures with boxes and captions.
#include "app/report/sheet.h"

#include "app/report/report_canvas.h"

#include <cairo.h>
#include <glib.h>
#include <math.h>

enum {
    LARGEST_SHEET = 30000,
    WANTED = 240,  // small pictures are enlarged to this longer side, in pixels
    LARGEST = 480, // large ones are reduced to this one
    GAP = 8,
    TEXT = 13,     // pixels of a line's font
    LINE = 17,     // from line to line
    LABELLED = 20, // narrowest box with a label
};

struct app_sheet {
    app_sheet_options options;
    double *scale; // scale of each cell's picture
    int cell_w, cell_h, top;
    app_canvas canvas;
};

static double choose_scale(int width, int height)
{
    const int side = MAX(width, height);
    if (side > LARGEST)
        return (double)LARGEST / side;
    return MAX(1, WANTED / side);
}

static double *scale_of(const app_sheet *s, int row, int column)
{
    return &s->scale[row * s->options.columns + column];
}

static int sheet_width(const app_sheet *s)
{
    return s->options.columns * (s->cell_w + GAP) + GAP;
}

static int row_height(const app_sheet *s)
{
    return s->cell_h + s->options.lines * LINE + GAP;
}

static int sheet_height(const app_sheet *s)
{
    return s->top + s->options.rows * row_height(s) + GAP;
}

nn_status app_sheet_new(app_sheet **out, const app_sheet_options *o, nn_error *err)
{
    *out = NULL;
    if (o->rows < 1 || o->columns < 1 || o->width < 1 || o->height < 1)
        return nn_fail(err, NN_EINVAL, "a sheet of %d rows and %d columns of %dx%d", o->rows,
                       o->columns, o->width, o->height);
    app_sheet *s = g_new0(app_sheet, 1);
    s->options = *o;
    const double scale = choose_scale(o->width, o->height);
    s->cell_w = MAX(1, (int)(scale * o->width + 0.5));
    s->cell_h = MAX(1, (int)(scale * o->height + 0.5));
    s->top = GAP + (o->headings ? LINE : 0);
    if ((double)o->columns * (s->cell_w + GAP) > LARGEST_SHEET ||
        (double)o->rows * row_height(s) > LARGEST_SHEET) {
        g_free(s);
        return nn_fail(err, NN_EINVAL,
                       "a sheet of %d rows and %d columns of %dx%d is larger than %d pixels",
                       o->rows, o->columns, o->width, o->height, LARGEST_SHEET);
    }
    s->scale = g_new0(double, (gsize)o->rows *(gsize)o->columns);
    const nn_status status = app_canvas_init(&s->canvas, sheet_width(s), sheet_height(s), err);
    if (status != NN_OK) {
        app_sheet_free(s);
        return status;
    }
    app_canvas_fill(&s->canvas, 0, 0, sheet_width(s), sheet_height(s),
                    (app_colour){0.12, 0.12, 0.13});
    *out = s;
    return NN_OK;
}

void app_sheet_free(app_sheet *s)
{
    if (!s)
        return;
    app_canvas_release(&s->canvas);
    g_free(s->scale);
    g_free(s);
}

static int cell_x(const app_sheet *s, int column)
{
    return GAP + column * (s->cell_w + GAP);
}

static int cell_y(const app_sheet *s, int row)
{
    return s->top + row * row_height(s);
}

static void draw_text(app_sheet *s, double x, double y, int lines, app_colour colour,
                      const char *text)
{
    const app_text how = {.size = TEXT, .colour = colour, .width = s->cell_w};
    app_canvas_paragraph(&s->canvas, x, y, &how, lines, text);
}

void app_sheet_heading(app_sheet *s, int column, const char *text)
{
    draw_text(s, cell_x(s, column), GAP / 2.0, 1, (app_colour){1, 0.85, 0.4}, text);
}

void app_sheet_caption(app_sheet *s, int row, int column, const char *text)
{
    draw_text(s, cell_x(s, column), cell_y(s, row) + s->cell_h, s->options.lines,
              (app_colour){0.9, 0.9, 0.9}, text);
}

// What is drawn stays within the cell, whose corner becomes (0, 0), until cairo_restore.
static cairo_t *enter_cell(app_sheet *s, int row, int column)
{
    cairo_t *cr = s->canvas.cr;
    cairo_save(cr);
    cairo_translate(cr, cell_x(s, column), cell_y(s, row));
    cairo_rectangle(cr, 0, 0, s->cell_w, s->cell_h);
    cairo_clip(cr);
    return cr;
}

void app_sheet_picture(app_sheet *s, int row, int column, const nn_image *image)
{
    const double fit = MIN((double)s->cell_w / image->width, (double)s->cell_h / image->height);
    const double scale = fit >= 1 ? floor(fit) : fit;
    *scale_of(s, row, column) = scale;
    cairo_t *cr = enter_cell(s, row, column);
    app_canvas_picture(&s->canvas, 0, 0, scale, 1, image);
    cairo_restore(cr);
}

static app_colour choose_colour(int colour)
{
    static const app_colour hues[] = {{0.18, 0.9, 0.36}, {1, 0.62, 0.11},    {0.23, 0.63, 1},
                                      {1, 0.3, 0.43},    {0.96, 0.89, 0.23}, {0.71, 0.36, 1},
                                      {0.1, 0.88, 0.82}, {1, 0.44, 0.24},    {0.61, 0.89, 0.18},
                                      {1, 0.36, 0.84}};
    return colour < 0 ? (app_colour){0.6, 0.6, 0.6} : hues[(unsigned)colour % G_N_ELEMENTS(hues)];
}

void app_sheet_box(app_sheet *s, int row, int column, float x0, float y0, float x1, float y1,
                   int colour, const char *label)
{
    const double dashes[] = {3, 3}, scale = *scale_of(s, row, column);
    const app_colour line = choose_colour(colour);
    cairo_t *cr = enter_cell(s, row, column);
    cairo_set_source_rgb(cr, line.r, line.g, line.b);
    cairo_set_line_width(cr, 1.5);
    if (colour < 0)
        cairo_set_dash(cr, dashes, 2, 0);
    cairo_rectangle(cr, scale * x0, scale * y0, scale * (x1 - x0), scale * (y1 - y0));
    cairo_stroke(cr);
    if (label && scale * (x1 - x0) >= LABELLED)
        draw_text(s, scale * x0 + 2, MAX(0, scale * y0 - LINE), 1, line, label);
    cairo_restore(cr);
}

nn_status app_sheet_save(app_sheet *s, const char *path, nn_error *err)
{
    return app_canvas_save(&s->canvas, path, err);
}
