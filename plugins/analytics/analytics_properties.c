// SPDX-License-Identifier: MIT
// The properties of neroanalytics.
#include "plugins/analytics/analytics_properties.h"

static GType anchor_get_type(void)
{
    static gsize type;
    static const GEnumValue values[] = {
        {FALSE, "The middle of the lower edge of its box, where it stands", "bottom-center"},
        {TRUE, "The middle of its box, for cameras that look straight down", "center"},
        {0, NULL, NULL},
    };
    if (g_once_init_enter(&type))
        g_once_init_leave(&type, g_enum_register_static("NeroAnalyticsAnchor", values));
    return type;
}

static void take_text(char **to, const GValue *value)
{
    g_free(*to);
    *to = g_value_dup_string(value);
}

void nero_analytics_props_init(NeroAnalyticsProps *p)
{
    *p = (NeroAnalyticsProps){.post_messages = TRUE};
    p->settings.options.lost_ms = 5000;
    for (int i = 0; nn_setting_at(i); i++)
        p->settings.options.setting[i] = nn_setting_at(i)->usual;
}

void nero_analytics_props_clear(NeroAnalyticsProps *p)
{
    nero_analysis_settings_clear(&p->settings);
    g_clear_pointer(&p->save, g_free);
}

static void set_setting(NeroAnalysisSettings *s, guint i, const GValue *value)
{
    s->options.setting[i] =
        G_VALUE_HOLDS_UINT(value) ? g_value_get_uint(value) : g_value_get_double(value);
}

gboolean nero_analytics_props_set(NeroAnalyticsProps *p, guint id, const GValue *value)
{
    NeroAnalysisSettings *s = &p->settings;
    switch (id) {
    case NERO_ANALYTICS_PROP_CONFIG:
        take_text(&s->config, value);
        break;
    case NERO_ANALYTICS_PROP_ZONES:
        take_text(&s->zones, value);
        break;
    case NERO_ANALYTICS_PROP_LINES:
        take_text(&s->lines, value);
        break;
    case NERO_ANALYTICS_PROP_GROUND:
        take_text(&s->ground, value);
        break;
    case NERO_ANALYTICS_PROP_ANCHOR:
        s->options.center = g_value_get_enum(value);
        break;
    case NERO_ANALYTICS_PROP_LOST_TIME:
        s->options.lost_ms = g_value_get_uint(value);
        break;
    case NERO_ANALYTICS_PROP_POST_MESSAGES:
        p->post_messages = g_value_get_boolean(value);
        break;
    case NERO_ANALYTICS_PROP_SAVE:
        take_text(&p->save, value);
        break;
    default:
        if (id < NERO_ANALYTICS_PROP_SETTINGS ||
            !nn_setting_at((int)(id - NERO_ANALYTICS_PROP_SETTINGS)))
            return FALSE;
        set_setting(s, id - NERO_ANALYTICS_PROP_SETTINGS, value);
    }
    return TRUE;
}

static void get_setting(const NeroAnalysisSettings *s, guint i, GValue *value)
{
    if (G_VALUE_HOLDS_UINT(value))
        g_value_set_uint(value, (guint)s->options.setting[i]);
    else
        g_value_set_double(value, s->options.setting[i]);
}

gboolean nero_analytics_props_get(const NeroAnalyticsProps *p, guint id, GValue *value)
{
    const NeroAnalysisSettings *s = &p->settings;
    switch (id) {
    case NERO_ANALYTICS_PROP_CONFIG:
        g_value_set_string(value, s->config);
        break;
    case NERO_ANALYTICS_PROP_ZONES:
        g_value_set_string(value, s->zones);
        break;
    case NERO_ANALYTICS_PROP_LINES:
        g_value_set_string(value, s->lines);
        break;
    case NERO_ANALYTICS_PROP_GROUND:
        g_value_set_string(value, s->ground);
        break;
    case NERO_ANALYTICS_PROP_ANCHOR:
        g_value_set_enum(value, s->options.center);
        break;
    case NERO_ANALYTICS_PROP_LOST_TIME:
        g_value_set_uint(value, (guint)s->options.lost_ms);
        break;
    case NERO_ANALYTICS_PROP_POST_MESSAGES:
        g_value_set_boolean(value, p->post_messages);
        break;
    case NERO_ANALYTICS_PROP_SAVE:
        g_value_set_string(value, p->save);
        break;
    default:
        if (id < NERO_ANALYTICS_PROP_SETTINGS ||
            !nn_setting_at((int)(id - NERO_ANALYTICS_PROP_SETTINGS)))
            return FALSE;
        get_setting(s, id - NERO_ANALYTICS_PROP_SETTINGS, value);
    }
    return TRUE;
}

static void install_text(GObjectClass *object, guint id, const char *name, const char *nick,
                         const char *blurb)
{
    g_object_class_install_property(object, id,
                                    g_param_spec_string(name, nick, blurb, NULL,
                                                        G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS |
                                                            GST_PARAM_MUTABLE_PLAYING));
}

static void install_settings(GObjectClass *object, GParamFlags flags)
{
    const nn_setting *s;
    for (int i = 0; (s = nn_setting_at(i)); i++) {
        g_autofree char *blurb =
            g_strdup_printf("%s; of zones and lines that do not say it themselves", s->about);
        const GParamFlags own = flags & ~(GParamFlags)G_PARAM_STATIC_BLURB;
        if (s->key && s->whole)
            g_object_class_install_property(object, NERO_ANALYTICS_PROP_SETTINGS + (guint)i,
                                            g_param_spec_uint(s->key, s->key, blurb,
                                                              (guint)s->least, (guint)s->most,
                                                              (guint)s->usual, own));
        else if (s->key)
            g_object_class_install_property(
                object, NERO_ANALYTICS_PROP_SETTINGS + (guint)i,
                g_param_spec_double(s->key, s->key, blurb, s->least, s->most, s->usual, own));
    }
}

void nero_analytics_props_install(GObjectClass *object)
{
    const GParamFlags flags =
        G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING;
    install_text(object, NERO_ANALYTICS_PROP_CONFIG, "config", "Configuration",
                 "JSON file with \"zones\", \"lines\" and \"ground\"; those of the other "
                 "properties come in addition");
    install_text(object, NERO_ANALYTICS_PROP_ZONES, "zones", "Zones",
                 "NAME:x,y,x,y,...[:KEY=VALUE]... with ';' between zones: corners of a polygon, "
                 "or two opposite ones of a rectangle, in fractions of the frame or in pixels");
    install_text(object, NERO_ANALYTICS_PROP_LINES, "lines", "Lines",
                 "NAME:x0,y0,x1,y1[:KEY=VALUE]... with ';' between lines; a line from left to "
                 "right counts what moves down as \"in\"");
    install_text(object, NERO_ANALYTICS_PROP_GROUND, "ground", "Ground plane",
                 "x0,y0,x1,y1,x2,y2,x3,y3/X0,Y0,X1,Y1,X2,Y2,X3,Y3: four points of the picture and "
                 "the same on the ground in metres, for speeds");
    gst_type_mark_as_plugin_api(anchor_get_type(), 0);
    g_object_class_install_property(object, NERO_ANALYTICS_PROP_ANCHOR,
                                    g_param_spec_enum("anchor", "Anchor", "Where an object is",
                                                      anchor_get_type(), FALSE, flags));
    g_object_class_install_property(
        object, NERO_ANALYTICS_PROP_LOST_TIME,
        g_param_spec_uint("lost-time", "Lost time",
                          "An object that is not seen for so many milliseconds has left; the same "
                          "as nerotrack keeps its number",
                          0, 600000, 5000, flags));
    g_object_class_install_property(
        object, NERO_ANALYTICS_PROP_POST_MESSAGES,
        g_param_spec_boolean("post-messages", "Post messages",
                             "Post an element message \"analytics-event\" for each event", TRUE,
                             flags));
    install_text(object, NERO_ANALYTICS_PROP_SAVE, "save-config", "Save configuration",
                 "File for all zones and lines when the user of nerosink draws or changes one; it "
                 "can be read as \"config\"");
    g_object_class_install_property(
        object, NERO_ANALYTICS_PROP_STATS,
        g_param_spec_boxed("stats", "Statistics",
                           "Figures since the start: frames, events, and for each zone and line "
                           "(areas) its name, in, out, occupancy, dwell-ms",
                           GST_TYPE_STRUCTURE, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS));
    install_settings(object, flags);
}
