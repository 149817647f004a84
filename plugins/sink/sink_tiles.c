// SPDX-License-Identifier: MIT
// Writes names and losses into the parts of a picture.
#include "plugins/sink/sink_tiles.h"

#include "plugins/sink/sink_figures.h"
#include "plugins/sink/sink_panel.h"
#include "plugins/sink/sink_states.h"
#include "po/translate.h"

#include <string.h>

typedef struct Tile {
    SDL_Rect place; // pixels of the picture
    char name[96];
    gboolean live;
    gint64 lost, retry; // monotonic microseconds; 0: it is there
} Tile;

static void read_tile(Tile *t, const GstStructure *s)
{
    double silent = 0, retry_in = 0;
    const char *name = gst_structure_get_string(s, "name");
    const gint64 now = g_get_monotonic_time();
    gst_structure_get(s, "x", G_TYPE_INT, &t->place.x, "y", G_TYPE_INT, &t->place.y, NULL);
    gst_structure_get(s, "width", G_TYPE_INT, &t->place.w, "height", G_TYPE_INT, &t->place.h, NULL);
    gst_structure_get_boolean(s, "live", &t->live);
    g_strlcpy(t->name, name ? name : "", sizeof t->name);
    if (!gst_structure_get_double(s, "silent", &silent))
        return;
    gst_structure_get_double(s, "retry-in", &retry_in);
    t->lost = now - (gint64)(CLAMP(silent, 0, 1e9) * G_USEC_PER_SEC);
    t->retry = now + (gint64)(CLAMP(retry_in, 0, 1e9) * G_USEC_PER_SEC);
}

GArray *nero_tiles_read(const GValue *list)
{
    GArray *tiles = g_array_new(FALSE, TRUE, sizeof(Tile));
    for (guint i = 0; list && i < gst_value_array_get_size(list); i++) {
        const GstStructure *s = gst_value_get_structure(gst_value_array_get_value(list, i));
        Tile t = {0};
        if (s)
            read_tile(&t, s);
        g_array_append_val(tiles, t);
    }
    return tiles;
}

static void draw_tile(const Tile *t, SDL_Renderer *renderer, NeroText *text, const SDL_Rect *place,
                      gint64 now)
{
    char line[160], middle[160];
    const NeroStates s = {.lost = t->lost, .retry = t->retry};
    g_snprintf(line, sizeof line, "%s%s%s", t->name, t->live && !t->lost ? " " : "",
               t->live && !t->lost ? _("LIVE") : "");
    if (t->lost)
        nero_states_grey(renderer, place);
    nero_panel_draw(renderer, text, place, &(NeroPanel){line, NERO_PANEL_TOP, nero_panel_white, 0});
    if (nero_states_middle(&s, now, middle, sizeof middle))
        nero_panel_draw(renderer, text, place,
                        &(NeroPanel){middle, NERO_PANEL_MIDDLE, nero_panel_red, 0});
}

void nero_tiles_draw(const GArray *tiles, SDL_Renderer *renderer, NeroText *text,
                     const SDL_Rect *area, int width, int height)
{
    const gint64 now = g_get_monotonic_time();
    const double x = (double)area->w / MAX(width, 1), y = (double)area->h / MAX(height, 1);
    for (guint i = 0; i < tiles->len; i++) {
        const Tile *t = &g_array_index(tiles, Tile, i);
        const SDL_Rect place = {area->x + (int)(t->place.x * x), area->y + (int)(t->place.y * y),
                                (int)(t->place.w * x), (int)(t->place.h * y)};
        if (place.w > 0 && place.h > 0)
            draw_tile(t, renderer, text, &place, now);
    }
}
