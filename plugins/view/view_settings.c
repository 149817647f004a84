// SPDX-License-Identifier: MIT
// Installs, sets and gets the properties of neroview.
#include "plugins/view/view_settings.h"

#include "nn/base/pool.h"
#include "nn/vision/colour_map.h"
#include "plugins/view/view_methods.h"

enum {
    PROP_0,
    PROP_MODEL,
    PROP_METHOD,
    PROP_LAYER,
    PROP_CHANNEL,
    PROP_TARGET_CLASS,
    PROP_TARGET_OBJECT,
    PROP_TARGET_POINT,
    PROP_WIDTH,
    PROP_HEIGHT,
    PROP_PALETTE,
    PROP_ALPHA,
    PROP_MAX_RATE,
    PROP_THREADS,
};

#define ALPHA 0.6
#define RATE 10.0

GType nero_view_palette_get_type(void)
{
    static gsize type;
    static const GEnumValue values[] = {
        {NN_COLOUR_HEAT, "Nearly black, violet, red, orange, light yellow", "heat"},
        {NN_COLOUR_GREY, "Black to white", "grey"},
        {0, NULL, NULL},
    };
    if (g_once_init_enter(&type))
        g_once_init_leave(&type, g_enum_register_static("NeroViewPalette", values));
    return type;
}

void nero_view_settings_init(NeroViewSettings *s)
{
    *s = (NeroViewSettings){.choice = {.channel = -1,
                                       .threads = 1,
                                       .alpha = ALPHA,
                                       .max_rate = RATE,
                                       .palette = NN_COLOUR_HEAT}};
}

void nero_view_settings_clear(NeroViewSettings *s)
{
    nero_view_choice_release(&s->choice);
    g_clear_pointer(&s->point, g_free);
}

static void replace_string(char **where, const GValue *value)
{
    g_free(*where);
    *where = g_value_dup_string(value);
}

// "x,y"; anything else is no point.
static void read_point(NeroViewSettings *s)
{
    char *end = s->point;
    s->x = s->point ? g_ascii_strtod(s->point, &end) : 0;
    s->has_point = s->point && end != s->point && *end == ',';
    const char *second = s->has_point ? end + 1 : NULL;
    s->y = second ? g_ascii_strtod(second, &end) : 0;
    s->has_point =
        second && end != second && *end == '\0' && s->x >= 0 && s->x <= 1 && s->y >= 0 && s->y <= 1;
}

static gboolean set_choice(NeroViewChoice *c, guint id, const GValue *value)
{
    switch (id) {
    case PROP_MODEL:
        replace_string(&c->model, value);
        break;
    case PROP_METHOD:
        c->method = g_value_get_enum(value);
        break;
    case PROP_LAYER:
        replace_string(&c->layer, value);
        break;
    case PROP_CHANNEL:
        c->channel = g_value_get_int(value);
        break;
    case PROP_TARGET_CLASS:
        replace_string(&c->label, value);
        break;
    case PROP_WIDTH:
        c->width = (int)g_value_get_uint(value);
        break;
    case PROP_HEIGHT:
        c->height = (int)g_value_get_uint(value);
        break;
    case PROP_PALETTE:
        c->palette = g_value_get_enum(value);
        break;
    case PROP_ALPHA:
        c->alpha = g_value_get_double(value);
        break;
    case PROP_MAX_RATE:
        c->max_rate = g_value_get_double(value);
        break;
    case PROP_THREADS:
        c->threads = (int)g_value_get_uint(value);
        break;
    default:
        return FALSE;
    }
    return TRUE;
}

gboolean nero_view_settings_set(NeroViewSettings *s, guint id, const GValue *value)
{
    switch (id) {
    case PROP_TARGET_OBJECT:
        s->object = (int)g_value_get_uint(value);
        return TRUE;
    case PROP_TARGET_POINT:
        replace_string(&s->point, value);
        read_point(s);
        return TRUE;
    default:
        return set_choice(&s->choice, id, value);
    }
}

gboolean nero_view_settings_get(const NeroViewSettings *s, guint id, GValue *value)
{
    const NeroViewChoice *c = &s->choice;
    switch (id) {
    case PROP_MODEL:
        g_value_set_string(value, c->model);
        break;
    case PROP_METHOD:
        g_value_set_enum(value, c->method);
        break;
    case PROP_LAYER:
        g_value_set_string(value, c->layer);
        break;
    case PROP_CHANNEL:
        g_value_set_int(value, c->channel);
        break;
    case PROP_TARGET_CLASS:
        g_value_set_string(value, c->label);
        break;
    case PROP_TARGET_OBJECT:
        g_value_set_uint(value, (guint)s->object);
        break;
    case PROP_TARGET_POINT:
        g_value_set_string(value, s->point);
        break;
    case PROP_WIDTH:
        g_value_set_uint(value, (guint)c->width);
        break;
    case PROP_HEIGHT:
        g_value_set_uint(value, (guint)c->height);
        break;
    case PROP_PALETTE:
        g_value_set_enum(value, c->palette);
        break;
    case PROP_ALPHA:
        g_value_set_double(value, c->alpha);
        break;
    case PROP_MAX_RATE:
        g_value_set_double(value, c->max_rate);
        break;
    case PROP_THREADS:
        g_value_set_uint(value, (guint)c->threads);
        break;
    default:
        return FALSE;
    }
    return TRUE;
}

#define PLAYING (G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING)
#define READY (G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY)

static void install_network(GObjectClass *c)
{
    gst_type_mark_as_plugin_api(nero_view_method_get_type(), 0);
    g_object_class_install_property(
        c, PROP_MODEL,
        g_param_spec_string("model", "Model",
                            "Model file, or name of an installed model, as in neroinfer (unset = "
                            "the one that the neroinfer before this element runs, else \"street\")",
                            NULL, PLAYING));
    g_object_class_install_property(c, PROP_METHOD,
                                    g_param_spec_enum("method", "Method", "How to look",
                                                      nero_view_method_get_type(), 0, PLAYING));
    g_object_class_install_property(
        c, PROP_LAYER,
        g_param_spec_string(
            "layer", "Layer",
            "Layer to look into: gradcam weighs its maps (unset = the last before the head), the "
            "others explain its values (unset = the output). A wrong name gives a warning with "
            "those that may be meant, and the old layer stays",
            NULL, PLAYING));
    g_object_class_install_property(
        c, PROP_CHANNEL,
        g_param_spec_int("channel", "Channel",
                         "With a layer whose values are explained: one of its channels, which are "
                         "maps of the frame (-1 = all)",
                         -1, G_MAXINT, -1, PLAYING));
    g_object_class_install_property(
        c, PROP_THREADS,
        g_param_spec_uint("threads", "Threads",
                          "Threads of the network (0 = one per core), all of the lowest priority",
                          0, NN_POOL_MAX_THREADS, 1, READY));
}

static void install_target(GObjectClass *c)
{
    g_object_class_install_property(
        c, PROP_TARGET_CLASS,
        g_param_spec_string("target-class", "Target class",
                            "Class to explain, e.g. \"person\" (unset = that of the object, else "
                            "the one with the best score)",
                            NULL, PLAYING));
    g_object_class_install_property(
        c, PROP_TARGET_OBJECT,
        g_param_spec_uint("target-object", "Target object",
                          "Number that nerotrack gave to the object to explain (0 = none)", 0,
                          G_MAXINT, 0, PLAYING));
    g_object_class_install_property(
        c, PROP_TARGET_POINT,
        g_param_spec_string("target-point", "Target point",
                            "Place to explain, \"x,y\" in parts of the frame from 0 to 1: the "
                            "object there, or with a layer its values there (unset = none)",
                            NULL, PLAYING));
}

static void install_picture(GObjectClass *c)
{
    gst_type_mark_as_plugin_api(nero_view_palette_get_type(), 0);
    g_object_class_install_property(
        c, PROP_WIDTH,
        g_param_spec_uint("width", "Width",
                          "Width of the view in pixels (0 = that of the frame, at most 640 for "
                          "the longer side)",
                          0, 16384, 0, PLAYING));
    g_object_class_install_property(
        c, PROP_HEIGHT,
        g_param_spec_uint("height", "Height",
                          "Height of the view in pixels (0 = that of the frame, at most 640 for "
                          "the longer side)",
                          0, 16384, 0, PLAYING));
    g_object_class_install_property(c, PROP_PALETTE,
                                    g_param_spec_enum("palette", "Palette", "Colours of heat",
                                                      nero_view_palette_get_type(), NN_COLOUR_HEAT,
                                                      PLAYING));
    g_object_class_install_property(
        c, PROP_ALPHA,
        g_param_spec_double(
            "alpha", "Alpha",
            "How strongly the map covers the frame: 0 is the frame alone, 1 the map "
            "alone; between, small values cover it less than large ones",
            0, 1, ALPHA, PLAYING));
    g_object_class_install_property(
        c, PROP_MAX_RATE,
        g_param_spec_double("max-rate", "Maximum rate",
                            "Views per second at most (0 = as many as the machine has time for)", 0,
                            1000, RATE, PLAYING));
}

void nero_view_settings_install(GObjectClass *c)
{
    install_network(c);
    install_target(c);
    install_picture(c);
    g_object_class_install_property(
        c, NERO_VIEW_PROP_STATS,
        g_param_spec_boxed(
            "stats", "Statistics",
            "Figures since the start: frames, views, view-ms-last, view-ms-average, and of the "
            "last view method, layer, target, score (its value) and timestamp",
            GST_TYPE_STRUCTURE, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS));
}
