// SPDX-License-Identifier: MIT
// Contact sheets drawn with Cairo, with texts laid out by Pango.
#include "app/report/sheet.h"

#include "nn/base/memory.h"

#include <math.h>
#include <pango/pangocairo.h>
#include <string.h>

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
    cairo_surface_t *surface;
    cairo_t *cr;
    PangoLayout *layout;
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

static void start_layout(app_sheet *s)
{
    s->layout = pango_cairo_create_layout(s->cr);
    PangoFontDescription *font = pango_font_description_from_string("Sans");
    pango_font_description_set_absolute_size(font, (double)TEXT * PANGO_SCALE);
    pango_layout_set_font_description(s->layout, font);
    pango_font_description_free(font);
    pango_layout_set_ellipsize(s->layout, PANGO_ELLIPSIZE_END);
    pango_layout_set_wrap(s->layout, PANGO_WRAP_WORD_CHAR);
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
    s->surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, sheet_width(s), sheet_height(s));
    s->cr = cairo_create(s->surface);
    if (cairo_status(s->cr) != CAIRO_STATUS_SUCCESS) {
        app_sheet_free(s);
        return nn_fail(err, NN_ENOMEM, "no memory for a sheet of %d rows and %d columns", o->rows,
                       o->columns);
    }
    cairo_set_source_rgb(s->cr, 0.12, 0.12, 0.13);
    cairo_paint(s->cr);
    start_layout(s);
    *out = s;
    return NN_OK;
}

void app_sheet_free(app_sheet *s)
{
    if (!s)
        return;
    if (s->layout)
        g_object_unref(s->layout);
    cairo_destroy(s->cr);
    cairo_surface_destroy(s->surface);
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

// Draws text; of invalid UTF-8 (file names) as much as can be shown.
static void draw_text(app_sheet *s, double x, double y, int width, int lines, const char *text)
{
    char *valid = g_utf8_make_valid(text, -1);
    pango_layout_set_width(s->layout, width * PANGO_SCALE);
    pango_layout_set_height(s->layout, -lines);
    pango_layout_set_text(s->layout, valid, -1);
    g_free(valid);
    cairo_move_to(s->cr, x, y);
    pango_cairo_show_layout(s->cr, s->layout);
}

void app_sheet_heading(app_sheet *s, int column, const char *text)
{
    cairo_set_source_rgb(s->cr, 1, 0.85, 0.4);
    draw_text(s, cell_x(s, column), GAP / 2.0, s->cell_w, 1, text);
}

void app_sheet_caption(app_sheet *s, int row, int column, const char *text)
{
    cairo_set_source_rgb(s->cr, 0.9, 0.9, 0.9);
    draw_text(s, cell_x(s, column), cell_y(s, row) + s->cell_h, s->cell_w, s->options.lines, text);
}

static cairo_surface_t *to_surface(const nn_image *image)
{
    cairo_surface_t *to =
        cairo_image_surface_create(CAIRO_FORMAT_RGB24, image->width, image->height);
    if (cairo_surface_status(to) != CAIRO_STATUS_SUCCESS)
        return to; // drawing it has no effect
    uint8_t *bytes = cairo_image_surface_get_data(to);
    const int stride = cairo_image_surface_get_stride(to);
    for (int y = 0; y < image->height; y++) {
        uint32_t *row = (uint32_t *)(void *)(bytes + (size_t)y * stride);
        const uint8_t *rgb = image->rgb + (size_t)3 * y * image->width;
        for (int x = 0; x < image->width; x++, rgb += 3)
            row[x] = (uint32_t)rgb[0] << 16 | (uint32_t)rgb[1] << 8 | rgb[2];
    }
    cairo_surface_mark_dirty(to);
    return to;
}

void app_sheet_picture(app_sheet *s, int row, int column, const nn_image *image)
{
    cairo_surface_t *picture = to_surface(image);
    const double fit = MIN((double)s->cell_w / image->width, (double)s->cell_h / image->height);
    const double scale = fit >= 1 ? floor(fit) : fit;
    *scale_of(s, row, column) = scale;
    cairo_save(s->cr);
    cairo_translate(s->cr, cell_x(s, column), cell_y(s, row));
    cairo_rectangle(s->cr, 0, 0, s->cell_w, s->cell_h);
    cairo_clip(s->cr);
    cairo_scale(s->cr, scale, scale);
    cairo_set_source_surface(s->cr, picture, 0, 0);
    cairo_pattern_set_filter(cairo_get_source(s->cr),
                             scale >= 1 ? CAIRO_FILTER_NEAREST : CAIRO_FILTER_GOOD);
    cairo_paint(s->cr);
    cairo_restore(s->cr);
    cairo_surface_destroy(picture);
}

static void choose_colour(app_sheet *s, int colour)
{
    static const double hues[][3] = {{0.18, 0.9, 0.36}, {1, 0.62, 0.11},    {0.23, 0.63, 1},
                                     {1, 0.3, 0.43},    {0.96, 0.89, 0.23}, {0.71, 0.36, 1},
                                     {0.1, 0.88, 0.82}, {1, 0.44, 0.24},    {0.61, 0.89, 0.18},
                                     {1, 0.36, 0.84}};
    const double *h = hues[(unsigned)colour % G_N_ELEMENTS(hues)];
    if (colour < 0)
        cairo_set_source_rgb(s->cr, 0.6, 0.6, 0.6);
    else
        cairo_set_source_rgb(s->cr, h[0], h[1], h[2]);
}

void app_sheet_box(app_sheet *s, int row, int column, float x0, float y0, float x1, float y1,
                   int colour, const char *label)
{
    const double dashes[] = {3, 3}, scale = *scale_of(s, row, column);
    cairo_save(s->cr);
    cairo_translate(s->cr, cell_x(s, column), cell_y(s, row));
    cairo_rectangle(s->cr, 0, 0, s->cell_w, s->cell_h);
    cairo_clip(s->cr);
    choose_colour(s, colour);
    cairo_set_line_width(s->cr, 1.5);
    if (colour < 0)
        cairo_set_dash(s->cr, dashes, 2, 0);
    cairo_rectangle(s->cr, scale * x0, scale * y0, scale * (x1 - x0), scale * (y1 - y0));
    cairo_stroke(s->cr);
    if (label && scale * (x1 - x0) >= LABELLED)
        draw_text(s, scale * x0 + 2, MAX(0, scale * y0 - LINE), s->cell_w, 1, label);
    cairo_restore(s->cr);
}

nn_status app_sheet_save(const app_sheet *s, const char *path, nn_error *err)
{
    cairo_surface_flush(s->surface);
    const uint8_t *bytes = cairo_image_surface_get_data(s->surface);
    const int stride = cairo_image_surface_get_stride(s->surface);
    nn_image image = {sheet_width(s), sheet_height(s), NULL};
    image.rgb = nn_alloc((size_t)3 * image.width * image.height);
    if (!image.rgb)
        return nn_fail(err, NN_ENOMEM, "%s: no memory to write it", path);
    for (int y = 0; y < image.height; y++) {
        const uint32_t *row = (const uint32_t *)(const void *)(bytes + (size_t)y * stride);
        uint8_t *rgb = image.rgb + (size_t)3 * y * image.width;
        for (int x = 0; x < image.width; x++, rgb += 3) {
            rgb[0] = (uint8_t)(row[x] >> 16);
            rgb[1] = (uint8_t)(row[x] >> 8);
            rgb[2] = (uint8_t)row[x];
        }
    }
    const nn_status status = nn_image_save_png(&image, path, err);
    nn_image_release(&image);
    return status;
}
