// SPDX-License-Identifier: MIT
// Renders texts with Pango and Cairo into 8-bit masks and caches them by text and size.
#include "plugins/overlay/captions.h"

#include <pango/pangocairo.h>

enum { MAX_KEPT = 1024 };

struct NeroCaptions {
    PangoContext *context;
    GHashTable *masks; // "16:person" to NeroMask
};

static void free_mask(gpointer data)
{
    NeroMask *mask = data;
    g_free((gpointer)mask->data);
    g_free(mask);
}

NeroCaptions *nero_captions_new(void)
{
    NeroCaptions *t = g_new0(NeroCaptions, 1);
    // A font map of its own: Pango's default one belongs to one thread.
    g_autoptr(PangoFontMap) fonts = pango_cairo_font_map_new();
    t->context = pango_font_map_create_context(fonts);
    t->masks = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, free_mask);
    return t;
}

void nero_captions_free(NeroCaptions *t)
{
    if (!t)
        return;
    g_object_unref(t->context);
    g_hash_table_unref(t->masks);
    g_free(t);
}

static NeroMask *render(NeroCaptions *t, const char *text, int pixels)
{
    g_autoptr(PangoLayout) layout = pango_layout_new(t->context);
    PangoFontDescription *font = pango_font_description_from_string("Sans Bold");
    pango_font_description_set_absolute_size(font, (double)pixels * PANGO_SCALE);
    pango_layout_set_font_description(layout, font);
    pango_font_description_free(font);
    pango_layout_set_text(layout, text, -1);
    NeroMask *mask = g_new0(NeroMask, 1);
    pango_layout_get_pixel_size(layout, &mask->width, &mask->height);
    mask->stride = cairo_format_stride_for_width(CAIRO_FORMAT_A8, MAX(mask->width, 1));
    guint8 *data = g_malloc0_n(MAX(mask->height, 1), mask->stride);
    mask->data = data;
    cairo_surface_t *surface = cairo_image_surface_create_for_data(
        data, CAIRO_FORMAT_A8, mask->width, mask->height, mask->stride);
    cairo_t *cr = cairo_create(surface);
    pango_cairo_show_layout(cr, layout);
    cairo_destroy(cr);
    cairo_surface_finish(surface);
    cairo_surface_destroy(surface);
    return mask;
}

const NeroMask *nero_captions_get(NeroCaptions *t, const char *text, int pixels)
{
    g_autofree char *key = g_strdup_printf("%d:%s", pixels, text);
    NeroMask *mask = g_hash_table_lookup(t->masks, key);
    if (!mask) {
        mask = render(t, text, pixels);
        g_hash_table_insert(t->masks, g_steal_pointer(&key), mask);
    }
    return mask;
}

void nero_captions_trim(NeroCaptions *t)
{
    if (g_hash_table_size(t->masks) > MAX_KEPT)
        g_hash_table_remove_all(t->masks);
}
