// SPDX-License-Identifier: MIT
// Installs, sets and gets the properties of nerosink.
#include "plugins/sink/sink_settings.h"

enum {
    PROP_0,
    PROP_FULLSCREEN,
    PROP_FORCE_ASPECT_RATIO,
    PROP_HUD,
    PROP_HANDLE_EVENTS,
    PROP_FEEDBACK,
    PROP_BOXES,
    PROP_COLOR_BY,
    PROP_TRAIL_LENGTH,
    PROP_ZONES,
    PROP_INNER_VIEW,
    PROP_WINDOW_WIDTH,
    PROP_WINDOW_HEIGHT,
    PROP_FONT,
    PROP_OFFSCREEN,
    PROP_SNAPSHOT,
    PROP_SNAPSHOT_FRAME,
    PROP_SOURCE_NAME,
    PROP_CONTROLS,
    PROP_SOURCES,
    PROP_ON_CLOSE,
    PROP_NOTE = NERO_SINK_PROP_NOTE,
    PROP_MESSAGE = NERO_SINK_PROP_MESSAGE,
    PROP_RETRY_IN = NERO_SINK_PROP_RETRY_IN,
    PROP_RECORDING = NERO_SINK_PROP_RECORDING,
    PROP_TILES = NERO_SINK_PROP_TILES,
};

static GType offscreen_get_type(void)
{
    static gsize once;
    static const GEnumValue values[] = {
        {NERO_OFFSCREEN_AUTO, "Only when there is no display; a message says so", "auto"},
        {NERO_OFFSCREEN_NO, "Open a window; an error when there is no display", "no"},
        {NERO_OFFSCREEN_YES, "Never open a window", "yes"},
        {0, NULL, NULL},
    };
    if (g_once_init_enter(&once))
        g_once_init_leave(&once, g_enum_register_static("NeroOffscreen", values));
    return (GType)once;
}

static GType snapshot_frame_get_type(void)
{
    static gsize once;
    static const GEnumValue values[] = {
        {NERO_SNAPSHOT_BEST, "The frame with the highest sum of scores", "best"},
        {NERO_SNAPSHOT_LAST, "The last frame", "last"},
        {0, NULL, NULL},
    };
    if (g_once_init_enter(&once))
        g_once_init_leave(&once, g_enum_register_static("NeroSnapshotFrame", values));
    return (GType)once;
}

static GType on_close_get_type(void)
{
    static gsize once;
    static const GEnumValue values[] = {
        {NERO_ON_CLOSE_EOS, "The sources of the pipeline end, and with them recordings", "eos"},
        {NERO_ON_CLOSE_MESSAGE, "Only the message: the application decides", "message"},
        {NERO_ON_CLOSE_ERROR, "An error, as xvimagesink does", "error"},
        {0, NULL, NULL},
    };
    if (g_once_init_enter(&once))
        g_once_init_leave(&once, g_enum_register_static("NeroOnClose", values));
    return (GType)once;
}

void nero_sink_settings_init(NeroSinkSettings *s)
{
    *s = (NeroSinkSettings){.keep_aspect = TRUE,
                            .figures = TRUE,
                            .keys = TRUE,
                            .feedback = TRUE,
                            .boxes = TRUE,
                            .zones = TRUE,
                            .retry_in = -1};
}

void nero_sink_settings_clear(NeroSinkSettings *s)
{
    g_free(s->font);
    g_free(s->snapshot);
    g_free(s->note);
    g_free(s->source);
    g_free(s->message);
    if (G_IS_VALUE(&s->tiles))
        g_value_unset(&s->tiles);
    *s = (NeroSinkSettings){0};
}

static void replace_string(char **where, const GValue *value)
{
    g_free(*where);
    *where = g_value_dup_string(value);
}

gboolean nero_sink_settings_set(NeroSinkSettings *s, guint id, const GValue *value)
{
    switch (id) {
    case PROP_FULLSCREEN:
        s->fullscreen = g_value_get_boolean(value);
        break;
    case PROP_FORCE_ASPECT_RATIO:
        s->keep_aspect = g_value_get_boolean(value);
        break;
    case PROP_HUD:
        s->figures = g_value_get_boolean(value);
        break;
    case PROP_HANDLE_EVENTS:
        s->keys = g_value_get_boolean(value);
        break;
    case PROP_FEEDBACK:
        s->feedback = g_value_get_boolean(value);
        break;
    case PROP_BOXES:
        s->boxes = g_value_get_boolean(value);
        break;
    case PROP_COLOR_BY:
        s->colour_by = (NeroColourBy)g_value_get_enum(value);
        break;
    case PROP_TRAIL_LENGTH:
        s->trail_length = g_value_get_double(value);
        break;
    case PROP_ZONES:
        s->zones = g_value_get_boolean(value);
        break;
    case PROP_INNER_VIEW:
        s->inner_view = g_value_get_boolean(value);
        break;
    case PROP_WINDOW_WIDTH:
        s->width = g_value_get_uint(value);
        break;
    case PROP_WINDOW_HEIGHT:
        s->height = g_value_get_uint(value);
        break;
    case PROP_FONT:
        replace_string(&s->font, value);
        break;
    case PROP_OFFSCREEN:
        s->offscreen = (NeroOffscreen)g_value_get_enum(value);
        break;
    case PROP_ON_CLOSE:
        s->on_close = (NeroOnClose)g_value_get_enum(value);
        break;
    case PROP_SNAPSHOT:
        replace_string(&s->snapshot, value);
        break;
    case PROP_SNAPSHOT_FRAME:
        s->snapshot_frame = (NeroSnapshotFrame)g_value_get_enum(value);
        break;
    case PROP_NOTE:
        replace_string(&s->note, value);
        break;
    case PROP_SOURCE_NAME:
        replace_string(&s->source, value);
        break;
    case PROP_MESSAGE:
        replace_string(&s->message, value);
        break;
    case PROP_CONTROLS:
        s->controls = g_value_get_boolean(value);
        break;
    case PROP_TILES:
        if (G_IS_VALUE(&s->tiles))
            g_value_unset(&s->tiles);
        g_value_init(&s->tiles, GST_TYPE_ARRAY);
        g_value_copy(value, &s->tiles);
        break;
    case PROP_SOURCES:
        s->sources = g_value_get_uint(value);
        break;
    case PROP_RECORDING:
        s->recording = g_value_get_boolean(value);
        break;
    case PROP_RETRY_IN:
        s->retry_in = g_value_get_double(value);
        break;
    default:
        return FALSE;
    }
    return TRUE;
}

gboolean nero_sink_settings_get(const NeroSinkSettings *s, guint id, GValue *value)
{
    switch (id) {
    case PROP_FULLSCREEN:
        g_value_set_boolean(value, s->fullscreen);
        break;
    case PROP_FORCE_ASPECT_RATIO:
        g_value_set_boolean(value, s->keep_aspect);
        break;
    case PROP_HUD:
        g_value_set_boolean(value, s->figures);
        break;
    case PROP_HANDLE_EVENTS:
        g_value_set_boolean(value, s->keys);
        break;
    case PROP_FEEDBACK:
        g_value_set_boolean(value, s->feedback);
        break;
    case PROP_BOXES:
        g_value_set_boolean(value, s->boxes);
        break;
    case PROP_COLOR_BY:
        g_value_set_enum(value, (gint)s->colour_by);
        break;
    case PROP_TRAIL_LENGTH:
        g_value_set_double(value, s->trail_length);
        break;
    case PROP_ZONES:
        g_value_set_boolean(value, s->zones);
        break;
    case PROP_INNER_VIEW:
        g_value_set_boolean(value, s->inner_view);
        break;
    case PROP_WINDOW_WIDTH:
        g_value_set_uint(value, s->width);
        break;
    case PROP_WINDOW_HEIGHT:
        g_value_set_uint(value, s->height);
        break;
    case PROP_FONT:
        g_value_set_string(value, s->font);
        break;
    case PROP_OFFSCREEN:
        g_value_set_enum(value, s->offscreen);
        break;
    case PROP_ON_CLOSE:
        g_value_set_enum(value, (gint)s->on_close);
        break;
    case PROP_SNAPSHOT:
        g_value_set_string(value, s->snapshot);
        break;
    case PROP_SNAPSHOT_FRAME:
        g_value_set_enum(value, s->snapshot_frame);
        break;
    case PROP_NOTE:
        g_value_set_string(value, s->note);
        break;
    case PROP_SOURCE_NAME:
        g_value_set_string(value, s->source);
        break;
    case PROP_MESSAGE:
        g_value_set_string(value, s->message);
        break;
    case PROP_CONTROLS:
        g_value_set_boolean(value, s->controls);
        break;
    case PROP_TILES:
        if (G_IS_VALUE(&s->tiles))
            g_value_copy(&s->tiles, value);
        break;
    case PROP_SOURCES:
        g_value_set_uint(value, s->sources);
        break;
    case PROP_RECORDING:
        g_value_set_boolean(value, s->recording);
        break;
    case PROP_RETRY_IN:
        g_value_set_double(value, s->retry_in);
        break;
    default:
        return FALSE;
    }
    return TRUE;
}

static void add_boolean(GObjectClass *c, guint id, const char *name, const char *blurb,
                        gboolean def)
{
    GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING;
    g_object_class_install_property(c, id, g_param_spec_boolean(name, name, blurb, def, flags));
}

static void install_lines(GObjectClass *c)
{
    const GParamFlags flags =
        G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING;
    gst_type_mark_as_plugin_api(nero_colour_by_get_type(), 0);
    g_object_class_install_property(
        c, PROP_COLOR_BY,
        g_param_spec_enum("color-by", "color-by", "What has a colour of its own",
                          nero_colour_by_get_type(), NERO_COLOUR_BY_TRACK, flags));
    g_object_class_install_property(
        c, PROP_TRAIL_LENGTH,
        g_param_spec_double("trail-length", "trail-length",
                            "Seconds of the way that each tracked object has gone (0 = no trails)",
                            0, 3600, 0, flags));
    add_boolean(c, PROP_ZONES, "zones", "Draw the zones and lines of neroanalytics with counts",
                TRUE);
    add_boolean(c, PROP_INNER_VIEW, "inner-view",
                "Show beside the video what the network sees (key v toggles it)", FALSE);
}

// What only the application knows about the stream.
static void install_states(GObjectClass *c)
{
    const GParamFlags flags =
        G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING;
    g_object_class_install_property(
        c, PROP_SOURCE_NAME,
        g_param_spec_string("source-name", "source-name",
                            "Name of the camera or file, for the title and the figures", NULL,
                            flags));
    add_boolean(c, PROP_CONTROLS, "controls",
                "Keys change the stream, too (needs handle-events): the application handles the "
                "messages \"window-request\", and key ? shows all keys",
                FALSE);
    g_object_class_install_property(
        c, PROP_SOURCES,
        g_param_spec_uint("sources", "sources",
                          "Number of cameras in the picture: keys 1 to 9 ask the application by "
                          "\"window-request\" to show one, 0 all (0 = one camera)",
                          0, 64, 0, flags));
    g_object_class_install_property(
        c, PROP_TILES,
        gst_param_spec_array("tiles", "tiles",
                             "What each part of the picture shows: structures \"tile\" with x, y, "
                             "width, height, name, live, and of a lost camera silent and retry-in",
                             g_param_spec_boxed("tile", "tile", "A part", GST_TYPE_STRUCTURE,
                                                flags),
                             flags));
    g_object_class_install_property(
        c, PROP_MESSAGE,
        g_param_spec_string("message", "message",
                            "Text in the middle of the window until the next frame; opens the "
                            "window before the first",
                            NULL, flags));
    g_object_class_install_property(
        c, PROP_RETRY_IN,
        g_param_spec_double("retry-in", "retry-in",
                            "The source is lost, and is tried again in so many seconds; the next "
                            "frame ends it (negative = it is not lost)",
                            -1, G_MAXDOUBLE, -1, flags));
    gst_type_mark_as_plugin_api(on_close_get_type(), 0);
    g_object_class_install_property(
        c, PROP_ON_CLOSE,
        g_param_spec_enum("on-close", "on-close",
                          "What closing the window does, after a message \"window-request\" with "
                          "the action \"close\"",
                          on_close_get_type(), NERO_ON_CLOSE_EOS, flags));
    add_boolean(c, PROP_RECORDING, "recording", "Show that the stream is being recorded", FALSE);
}

void nero_sink_settings_install(GObjectClass *c)
{
    install_states(c);
    gst_type_mark_as_plugin_api(offscreen_get_type(), 0);
    gst_type_mark_as_plugin_api(snapshot_frame_get_type(), 0);
    GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY;
    add_boolean(c, PROP_FULLSCREEN, "fullscreen", "Full screen (keys f and F11 toggle it)", FALSE);
    add_boolean(c, PROP_FORCE_ASPECT_RATIO, "force-aspect-ratio",
                "Keep the aspect ratio of the picture and fill the rest of the window with borders",
                TRUE);
    add_boolean(
        c, PROP_HUD, "hud",
        "Show frames per second, time of inferences and what was found in a line (key h shows "
        "more of it, and nothing)",
        TRUE);
    add_boolean(c, PROP_HANDLE_EVENTS, "handle-events",
                "React to keys, and pass keys and mouse upstream as navigation events", TRUE);
    add_boolean(c, PROP_FEEDBACK, "feedback",
                "Let the user correct boxes (needs handle-events): a click selects a box, x marks "
                "it as wrong, a draws a box that was missed, 1 to 9 choose its class, Escape "
                "cancels. Each correction is a message and a signal \"feedback\"",
                TRUE);
    add_boolean(c, PROP_BOXES, "boxes", "Draw the boxes that the frames carry", TRUE);
    install_lines(c);
    g_object_class_install_property(
        c, PROP_WINDOW_WIDTH,
        g_param_spec_uint("window-width", "window-width",
                          "Width of the window in pixels (0 = that of the video)", 0, 16384, 0,
                          flags));
    g_object_class_install_property(
        c, PROP_WINDOW_HEIGHT,
        g_param_spec_uint("window-height", "window-height",
                          "Height of the window in pixels (0 = that of the video)", 0, 16384, 0,
                          flags));
    g_object_class_install_property(
        c, PROP_FONT,
        g_param_spec_string("font", "font", "TrueType file for text (unset = a system font)", NULL,
                            flags));
    g_object_class_install_property(
        c, PROP_OFFSCREEN,
        g_param_spec_enum("offscreen", "offscreen", "Draw in memory instead of a window",
                          offscreen_get_type(), NERO_OFFSCREEN_AUTO, flags));
    g_object_class_install_property(
        c, PROP_SNAPSHOT,
        g_param_spec_string("snapshot", "snapshot",
                            "PNG file to write at the end of the stream, or when the element "
                            "leaves PAUSED; an error when it cannot be written",
                            NULL, flags));
    g_object_class_install_property(
        c, PROP_SNAPSHOT_FRAME,
        g_param_spec_enum("snapshot-frame", "snapshot-frame", "Frame that 'snapshot' saves",
                          snapshot_frame_get_type(), NERO_SNAPSHOT_BEST, flags));
    g_object_class_install_property(
        c, PROP_NOTE,
        g_param_spec_string(
            "note", "note",
            "Line of text for the user, shown for a few seconds each time it is set", NULL,
            G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING));
}
