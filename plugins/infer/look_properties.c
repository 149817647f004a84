// SPDX-License-Identifier: MIT
// Installs, stores and returns the properties that say where neroinfer looks.
#include "plugins/infer/look_properties.h"

#define PLAYING (G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING)

enum { TILES = 64, OVERLAP, MOTION, REFRESH, ROI, IGNORE }; // behind those of infer_properties.h

static void install_tiles(GObjectClass *klass)
{
    g_object_class_install_property(
        klass, TILES,
        g_param_spec_string(
            "tiles", "Tiles",
            "Infer parts of the frame too, to find things that are too small in the whole frame: "
            "off, auto, or columns x rows such as 4x3. auto shows the frame pixel by pixel where "
            "the model's input is smaller and the sizes of its objects allow it. Boxes at seams "
            "are joined. Tiles that are smaller than the input find the smallest things; besides "
            "them, larger ones are looked at. There are fewer where pixels would be enlarged more "
            "than twice. For detectors",
            "off", PLAYING));
    g_object_class_install_property(
        klass, OVERLAP,
        g_param_spec_float("tile-overlap", "Tile overlap",
                           "Fraction of a tile that its neighbour shows, too. Objects up to this "
                           "size are whole in a tile",
                           0, 0.5f, NN_TILES_OVERLAP, PLAYING));
    g_object_class_install_property(
        klass, MOTION,
        g_param_spec_boolean("tile-motion", "Tile motion",
                             "Infer a tile, or the frame, only when something in it has changed "
                             "since its last inference. Its boxes stay until then",
                             FALSE, PLAYING));
    g_object_class_install_property(
        klass, REFRESH,
        g_param_spec_double("tile-refresh", "Tile refresh",
                            "With tile-motion: seconds after which a tile is inferred in any case",
                            0.01, 86400, NN_REGIONS_REFRESH, PLAYING));
}

void nero_look_props_install(GObjectClass *klass)
{
    install_tiles(klass);
    g_object_class_install_property(
        klass, ROI,
        g_param_spec_string(
            "roi", "Regions of interest",
            "Infer only these areas: x,y,x,y for a rectangle by two corners, x,y,x,y,x,y,... for a "
            "polygon, several with ';' between them, in fractions of the frame (0..1) or in "
            "pixels. A rectangle is cropped before the model sees it, which makes small things "
            "larger, a polygon by the rectangle around it. Boxes count when the middle of their "
            "lower edge is inside",
            NULL, PLAYING));
    g_object_class_install_property(
        klass, IGNORE,
        g_param_spec_string("ignore", "Ignored areas",
                            "Drop boxes whose lower edge has its middle in one of these areas, "
                            "written as for roi",
                            NULL, PLAYING));
}

void nero_look_props_init(NeroLookProps *p)
{
    *p = (NeroLookProps){
        .tiles = g_strdup("off"), .overlap = NN_TILES_OVERLAP, .refresh = NN_REGIONS_REFRESH};
}

void nero_look_props_release(NeroLookProps *p)
{
    g_clear_pointer(&p->tiles, g_free);
    g_clear_pointer(&p->roi, g_free);
    g_clear_pointer(&p->ignore, g_free);
}

static void replace(char **text, const GValue *value)
{
    g_free(*text);
    *text = g_value_dup_string(value);
}

gboolean nero_look_props_set(NeroLookProps *p, guint id, const GValue *value)
{
    switch (id) {
    case TILES:
        replace(&p->tiles, value);
        return TRUE;
    case ROI:
        replace(&p->roi, value);
        return TRUE;
    case IGNORE:
        replace(&p->ignore, value);
        return TRUE;
    case OVERLAP:
        p->overlap = g_value_get_float(value);
        return TRUE;
    case MOTION:
        p->motion = g_value_get_boolean(value);
        return TRUE;
    case REFRESH:
        p->refresh = g_value_get_double(value);
        return TRUE;
    default:
        return FALSE;
    }
}

gboolean nero_look_props_get(const NeroLookProps *p, guint id, GValue *value)
{
    switch (id) {
    case TILES:
        g_value_set_string(value, p->tiles);
        return TRUE;
    case ROI:
        g_value_set_string(value, p->roi);
        return TRUE;
    case IGNORE:
        g_value_set_string(value, p->ignore);
        return TRUE;
    case OVERLAP:
        g_value_set_float(value, p->overlap);
        return TRUE;
    case MOTION:
        g_value_set_boolean(value, p->motion);
        return TRUE;
    case REFRESH:
        g_value_set_double(value, p->refresh);
        return TRUE;
    default:
        return FALSE;
    }
}

nn_region_options nero_look_props_options(const NeroLookProps *p)
{
    return (nn_region_options){.tiles = p->tiles,
                               .overlap = p->overlap,
                               .roi = p->roi,
                               .ignore = p->ignore,
                               .motion = p->motion,
                               .refresh = p->refresh};
}
