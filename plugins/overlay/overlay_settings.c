// SPDX-License-Identifier: MIT
// Installs, sets and gets the properties of nerooverlay.
#include "plugins/overlay/overlay_settings.h"

#include <gst/gst.h>

#define FLAGS (G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING)

enum {
    PROP_0,
    PROP_SHOW_BOXES,
    PROP_SHOW_LABELS,
    PROP_SHOW_SCORES,
    PROP_THICKNESS,
    PROP_FONT_SIZE,
    PROP_LABELS,
    PROP_PREDICTED_STYLE,
    PROP_COLOR_BY,
    PROP_TRAIL_LENGTH,
    PROP_SHOW_ZONES,
    PROP_ANONYMIZE,
    PROP_ANONYMIZE_LABELS,
};

static GType predicted_style_get_type(void)
{
    static gsize type;
    static const GEnumValue values[] = {
        {NERO_STYLE_SOLID, "Like measured boxes", "solid"},
        {NERO_STYLE_DIM, "Half transparent", "dim"},
        {NERO_STYLE_DASHED, "Dashed", "dashed"},
        {NERO_STYLE_HIDDEN, "Not at all", "hidden"},
        {0, NULL, NULL},
    };
    if (g_once_init_enter(&type))
        g_once_init_leave(&type, g_enum_register_static("NeroPredictedStyle", values));
    return type;
}

static GType anonymize_get_type(void)
{
    static gsize type;
    static const GEnumValue values[] = {
        {NERO_ANONYMIZE_NONE, "Not at all", "none"},
        {NERO_ANONYMIZE_BLUR, "Blur, of large squares", "blur"},
        {NERO_ANONYMIZE_PIXELATE, "Large squares of one colour", "pixelate"},
        {NERO_ANONYMIZE_FILL, "Black: nothing is left", "fill"},
        {0, NULL, NULL},
    };
    if (g_once_init_enter(&type))
        g_once_init_leave(&type, g_enum_register_static("NeroAnonymize", values));
    return type;
}

void nero_overlay_settings_init(NeroOverlaySettings *s)
{
    *s = (NeroOverlaySettings){.style = {.boxes = TRUE,
                                         .labels = TRUE,
                                         .scores = TRUE,
                                         .zones = TRUE,
                                         .predicted = NERO_STYLE_DIM}};
}

void nero_overlay_settings_clear(NeroOverlaySettings *s)
{
    g_free(s->labels);
    g_strfreev(s->wanted);
    g_free(s->anonymize_labels);
    g_strfreev(s->hidden);
    *s = (NeroOverlaySettings){0};
}

// Keeps a list of classes, as text and split; unset or empty: NULL.
static void set_list(char **text, GStrv *list, const GValue *value)
{
    g_free(*text);
    g_clear_pointer(list, g_strfreev);
    *text = g_value_dup_string(value);
    if (!*text || !**text)
        return;
    *list = g_strsplit(*text, ",", -1);
    for (char **w = *list; *w; w++)
        g_strstrip(*w);
}

gboolean nero_overlay_settings_set(NeroOverlaySettings *s, guint id, const GValue *value)
{
    switch (id) {
    case PROP_SHOW_BOXES:
        s->style.boxes = g_value_get_boolean(value);
        break;
    case PROP_SHOW_LABELS:
        s->style.labels = g_value_get_boolean(value);
        break;
    case PROP_SHOW_SCORES:
        s->style.scores = g_value_get_boolean(value);
        break;
    case PROP_THICKNESS:
        s->style.thickness = g_value_get_int(value);
        break;
    case PROP_FONT_SIZE:
        s->style.font = g_value_get_int(value);
        break;
    case PROP_LABELS:
        set_list(&s->labels, &s->wanted, value);
        break;
    case PROP_PREDICTED_STYLE:
        s->style.predicted = g_value_get_enum(value);
        break;
    case PROP_COLOR_BY:
        s->style.colour_by = g_value_get_enum(value);
        break;
    case PROP_TRAIL_LENGTH:
        s->trail_length = g_value_get_double(value);
        break;
    case PROP_SHOW_ZONES:
        s->style.zones = g_value_get_boolean(value);
        break;
    case PROP_ANONYMIZE:
        s->anonymize = g_value_get_enum(value);
        break;
    case PROP_ANONYMIZE_LABELS:
        set_list(&s->anonymize_labels, &s->hidden, value);
        break;
    default:
        return FALSE;
    }
    return TRUE;
}

gboolean nero_overlay_settings_get(const NeroOverlaySettings *s, guint id, GValue *value)
{
    switch (id) {
    case PROP_SHOW_BOXES:
        g_value_set_boolean(value, s->style.boxes);
        break;
    case PROP_SHOW_LABELS:
        g_value_set_boolean(value, s->style.labels);
        break;
    case PROP_SHOW_SCORES:
        g_value_set_boolean(value, s->style.scores);
        break;
    case PROP_THICKNESS:
        g_value_set_int(value, s->style.thickness);
        break;
    case PROP_FONT_SIZE:
        g_value_set_int(value, s->style.font);
        break;
    case PROP_LABELS:
        g_value_set_string(value, s->labels);
        break;
    case PROP_PREDICTED_STYLE:
        g_value_set_enum(value, s->style.predicted);
        break;
    case PROP_COLOR_BY:
        g_value_set_enum(value, s->style.colour_by);
        break;
    case PROP_TRAIL_LENGTH:
        g_value_set_double(value, s->trail_length);
        break;
    case PROP_SHOW_ZONES:
        g_value_set_boolean(value, s->style.zones);
        break;
    case PROP_ANONYMIZE:
        g_value_set_enum(value, s->anonymize);
        break;
    case PROP_ANONYMIZE_LABELS:
        g_value_set_string(value, s->anonymize_labels);
        break;
    default:
        return FALSE;
    }
    return TRUE;
}

static void install_appearance(GObjectClass *c)
{
    g_object_class_install_property(
        c, PROP_THICKNESS,
        g_param_spec_int("thickness", "Thickness",
                         "Thickness of the lines in pixels (0 = by the size of the frame)", 0, 100,
                         0, FLAGS));
    g_object_class_install_property(
        c, PROP_FONT_SIZE,
        g_param_spec_int("font-size", "Font size",
                         "Font size of the labels in pixels (0 = by the size of the frame)", 0, 500,
                         0, FLAGS));
    gst_type_mark_as_plugin_api(predicted_style_get_type(), 0);
    g_object_class_install_property(
        c, PROP_PREDICTED_STYLE,
        g_param_spec_enum("predicted-style", "Predicted style",
                          "How to draw boxes that were not measured on this frame",
                          predicted_style_get_type(), NERO_STYLE_DIM, FLAGS));
    gst_type_mark_as_plugin_api(nero_colour_by_get_type(), 0);
    g_object_class_install_property(
        c, PROP_COLOR_BY,
        g_param_spec_enum("color-by", "Color by", "What has a colour of its own",
                          nero_colour_by_get_type(), NERO_COLOUR_BY_TRACK, FLAGS));
}

static void install_anonymize(GObjectClass *c)
{
    gst_type_mark_as_plugin_api(anonymize_get_type(), 0);
    g_object_class_install_property(
        c, PROP_ANONYMIZE,
        g_param_spec_enum("anonymize", "Anonymize",
                          "How to make objects unrecognisable, with a margin around them. Frames "
                          "about which nothing is known are covered as a whole",
                          anonymize_get_type(), NERO_ANONYMIZE_NONE, FLAGS));
    g_object_class_install_property(
        c, PROP_ANONYMIZE_LABELS,
        g_param_spec_string("anonymize-labels", "Anonymize labels",
                            "Classes to make unrecognisable, comma-separated, e.g. \"person,face\" "
                            "(unset = all)",
                            NULL, FLAGS));
}

void nero_overlay_settings_install(GObjectClass *c)
{
    g_object_class_install_property(
        c, PROP_SHOW_BOXES,
        g_param_spec_boolean("show-boxes", "Show boxes",
                             "Draw what was found. Without it a nerosink behind draws it", TRUE,
                             FLAGS));
    g_object_class_install_property(
        c, PROP_SHOW_LABELS,
        g_param_spec_boolean("show-labels", "Show labels",
                             "Draw the class (and track number) of each box", TRUE, FLAGS));
    g_object_class_install_property(c, PROP_SHOW_SCORES,
                                    g_param_spec_boolean("show-scores", "Show scores",
                                                         "Draw the score of each box in percent",
                                                         TRUE, FLAGS));
    g_object_class_install_property(
        c, PROP_LABELS,
        g_param_spec_string("labels", "Labels",
                            "Classes to draw, comma-separated, e.g. \"car,bus\" (unset = all)",
                            NULL, FLAGS));
    g_object_class_install_property(
        c, PROP_TRAIL_LENGTH,
        g_param_spec_double("trail-length", "Trail length",
                            "Seconds of the way that each tracked object has gone (0 = no trails)",
                            0, 3600, 0, FLAGS));
    g_object_class_install_property(
        c, PROP_SHOW_ZONES,
        g_param_spec_boolean("show-zones", "Show zones",
                             "Draw the zones and lines of neroanalytics with their counts", TRUE,
                             FLAGS));
    install_appearance(c);
    install_anonymize(c);
}

gboolean nero_overlay_settings_want(const NeroOverlaySettings *s, const char *label,
                                    gboolean predicted)
{
    return s->style.boxes &&
           (!s->wanted || g_strv_contains((const gchar *const *)s->wanted, label)) &&
           !(predicted && s->style.predicted == NERO_STYLE_HIDDEN);
}

gboolean nero_overlay_settings_hide(const NeroOverlaySettings *s, const char *label)
{
    return s->anonymize != NERO_ANONYMIZE_NONE &&
           (!s->hidden || g_strv_contains((const gchar *const *)s->hidden, label));
}

NeroStyle nero_overlay_settings_style(const NeroOverlaySettings *s, int width, int height)
{
    const int side = MIN(width, height);
    NeroStyle style = s->style;
    if (!style.thickness)
        style.thickness = MAX(1, (side + 144) / 288);
    if (!style.font)
        style.font = MAX(10, side / 44);
    return style;
}
