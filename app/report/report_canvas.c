// SPDX-License-Identifier: MIT
// Draws with Cairo, and text with Pango.
#include "app/report/report_canvas.h"

#include "app/late_cairo.h"
#include "nn/io/file.h"

#include <string.h>

nn_late late_cairo = {.folder = "app", .word = "cairo", .list = LATE_CAIRO_LIST};

nn_status app_canvas_init(app_canvas *c, int width, int height, nn_error *err)
{
    *c = (app_canvas){0};
    const nn_status status = nn_late_open(&late_cairo, err);
    if (status != NN_OK)
        return status;
    c->surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, width, height);
    c->cr = cairo_create(c->surface);
    if (cairo_status(c->cr) != CAIRO_STATUS_SUCCESS) {
        app_canvas_release(c);
        return nn_fail(err, NN_ENOMEM, "no memory for a picture of %dx%d", width, height);
    }
    cairo_set_source_rgb(c->cr, 1, 1, 1);
    cairo_paint(c->cr);
    return NN_OK;
}

void app_canvas_release(app_canvas *c)
{
    if (c->cr)
        cairo_destroy(c->cr);
    if (c->surface)
        cairo_surface_destroy(c->surface);
    *c = (app_canvas){0};
}

// Lays out text in its font; invalid UTF-8 is shown as far as it is valid.
static PangoLayout *begin_layout(app_canvas *c, const app_text *how, const char *text)
{
    PangoLayout *layout = pango_cairo_create_layout(c->cr);
    PangoFontDescription *font = pango_font_description_from_string("Sans");
    pango_font_description_set_absolute_size(font, how->size * PANGO_SCALE);
    if (how->bold)
        pango_font_description_set_weight(font, PANGO_WEIGHT_BOLD);
    pango_layout_set_font_description(layout, font);
    pango_font_description_free(font);
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    pango_layout_set_text(layout, valid, -1);
    return layout;
}

static PangoLayout *lay_out(app_canvas *c, const app_text *how, const char *text, int *width,
                            int *height)
{
    PangoLayout *layout = begin_layout(c, how, text);
    pango_layout_set_single_paragraph_mode(layout, TRUE);
    if (how->width > 0) {
        // A layout with a width is that wide even when its text is shorter.
        pango_layout_get_pixel_size(layout, width, height);
        if (*width > how->width) {
            pango_layout_set_width(layout, (int)(how->width * PANGO_SCALE));
            pango_layout_set_ellipsize(layout, PANGO_ELLIPSIZE_END);
        }
    }
    pango_layout_get_pixel_size(layout, width, height);
    return layout;
}

void app_canvas_text(app_canvas *c, double x, double y, const app_text *how, const char *text)
{
    int width, height;
    PangoLayout *layout = lay_out(c, how, text, &width, &height);
    cairo_set_source_rgb(c->cr, how->colour.r, how->colour.g, how->colour.b);
    cairo_move_to(c->cr, x - how->align * width, y - 0.5 * height);
    pango_cairo_show_layout(c->cr, layout);
    g_object_unref(layout);
}

static cairo_surface_t *to_surface(const nn_image *image)
{
    cairo_surface_t *s =
        cairo_image_surface_create(CAIRO_FORMAT_RGB24, image->width, image->height);
    unsigned char *to = cairo_image_surface_get_data(s);
    if (cairo_surface_status(s) != CAIRO_STATUS_SUCCESS || !to)
        return s; // a failed surface; drawing it has no effect
    const uint8_t *from = image->rgb;
    const int stride = cairo_image_surface_get_stride(s);
    for (int y = 0; y < image->height; y++)
        for (int x = 0; x < image->width; x++, from += 3) {
            const uint32_t pixel = (uint32_t)from[0] << 16 | (uint32_t)from[1] << 8 | from[2];
            memcpy(to + (size_t)y * (size_t)stride + 4 * (size_t)x, &pixel, 4);
        }
    cairo_surface_mark_dirty(s);
    return s;
}

void app_canvas_picture(app_canvas *c, double x, double y, double scale, double sharp,
                        const nn_image *image)
{
    cairo_surface_t *surface = to_surface(image);
    cairo_save(c->cr);
    cairo_translate(c->cr, x, y);
    cairo_scale(c->cr, scale, scale);
    cairo_set_source_surface(c->cr, surface, 0, 0);
    cairo_pattern_set_filter(cairo_get_source(c->cr),
                             scale >= sharp ? CAIRO_FILTER_NEAREST : CAIRO_FILTER_BEST);
    cairo_pattern_set_extend(cairo_get_source(c->cr), CAIRO_EXTEND_PAD);
    cairo_rectangle(c->cr, 0, 0, image->width, image->height);
    cairo_fill(c->cr);
    cairo_restore(c->cr);
    cairo_surface_destroy(surface);
}

void app_canvas_text_up(app_canvas *c, double x, double y, const app_text *how, const char *text)
{
    cairo_save(c->cr);
    cairo_translate(c->cr, x, y);
    cairo_rotate(c->cr, -G_PI / 2);
    app_canvas_text(c, 0, 0, how, text);
    cairo_restore(c->cr);
}

double app_canvas_text_width(app_canvas *c, const app_text *how, const char *text)
{
    int width, height;
    g_object_unref(lay_out(c, how, text, &width, &height));
    return width;
}

void app_canvas_fill(app_canvas *c, double x, double y, double w, double h, app_colour colour)
{
    cairo_set_source_rgb(c->cr, colour.r, colour.g, colour.b);
    cairo_rectangle(c->cr, x, y, w, h);
    cairo_fill(c->cr);
}

void app_canvas_read(app_canvas *c, uint8_t *rgb)
{
    cairo_surface_flush(c->surface);
    const unsigned char *from = cairo_image_surface_get_data(c->surface);
    const size_t stride = (size_t)cairo_image_surface_get_stride(c->surface);
    for (int y = 0; y < cairo_image_surface_get_height(c->surface); y++)
        for (int x = 0; x < cairo_image_surface_get_width(c->surface); x++, rgb += 3) {
            uint32_t pixel;
            memcpy(&pixel, from + (size_t)y * stride + 4 * (size_t)x, 4);
            rgb[0] = (uint8_t)(pixel >> 16);
            rgb[1] = (uint8_t)(pixel >> 8);
            rgb[2] = (uint8_t)pixel;
        }
}

static cairo_status_t append(void *png, const unsigned char *bytes, unsigned int size)
{
    g_byte_array_append(png, bytes, size);
    return CAIRO_STATUS_SUCCESS;
}

nn_status app_canvas_save(app_canvas *c, const char *path, nn_error *err)
{
    g_autoptr(GByteArray) png = g_byte_array_new();
    cairo_surface_flush(c->surface);
    const cairo_status_t wrong = cairo_surface_write_to_png_stream(c->surface, append, png);
    if (wrong != CAIRO_STATUS_SUCCESS)
        return nn_fail(err, NN_EIO, "%s: cannot write: %s", path, cairo_status_to_string(wrong));
    return nn_file_write(path, &(nn_file_part){png->data, png->len}, 1, err);
}
