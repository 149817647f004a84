// SPDX-License-Identifier: MIT
// Hands properties on to the window.
#include "plugins/sink/sink_apply.h"

#include "plugins/sink/sink_open.h"
#include "plugins/sink/sink_tiles.h"

static void apply_options(gpointer data)
{
    NeroSink *self = data;
    g_autofree char *font = NULL, *source = NULL;
    if (!self->window)
        return;
    NeroWindowOptions options = nero_sink_window_options(self, &font, &source);
    nero_window_set_options(self->window, &options);
}

static void show_note(gpointer data)
{
    NeroSink *self = data;
    GST_OBJECT_LOCK(self);
    g_autofree char *line = g_strdup(self->settings.note ? self->settings.note : "");
    GST_OBJECT_UNLOCK(self);
    if (self->window)
        nero_window_tell(self->window, line);
}

void nero_sink_show_message(gpointer data)
{
    NeroSink *self = data;
    GST_OBJECT_LOCK(self);
    g_autofree char *message = g_strdup(self->settings.message);
    const gboolean offscreen = nero_sink_wants_offscreen(self);
    GST_OBJECT_UNLOCK(self);
    if (!self->window && message && *message && g_atomic_int_get(&self->started) && !offscreen) {
        GstVideoInfo usual;
        gst_video_info_set_format(&usual, GST_VIDEO_FORMAT_I420, 640, 360);
        self->window = nero_sink_open_new(self, &usual);
    }
    if (self->window)
        nero_window_say(self->window, message);
}

static void show_retry(gpointer data)
{
    NeroSink *self = data;
    GST_OBJECT_LOCK(self);
    const double retry_in = self->settings.retry_in;
    GST_OBJECT_UNLOCK(self);
    if (self->window)
        nero_window_set_retry(self->window, retry_in);
}

void nero_sink_show_tiles(gpointer data)
{
    NeroSink *self = data;
    GST_OBJECT_LOCK(self);
    GArray *tiles =
        nero_tiles_read(G_IS_VALUE(&self->settings.tiles) ? &self->settings.tiles : NULL);
    GST_OBJECT_UNLOCK(self);
    if (self->window)
        nero_window_set_tiles(self->window, tiles);
    else
        g_array_unref(tiles);
}

void nero_sink_show_recording(gpointer data)
{
    NeroSink *self = data;
    GST_OBJECT_LOCK(self);
    const gboolean on = self->settings.recording;
    GST_OBJECT_UNLOCK(self);
    if (self->window)
        nero_window_set_recording(self->window, on);
}

nero_ui_task *nero_sink_task_of(guint id)
{
    switch (id) {
    case NERO_SINK_PROP_NOTE:
        return show_note;
    case NERO_SINK_PROP_MESSAGE:
        return nero_sink_show_message;
    case NERO_SINK_PROP_RETRY_IN:
        return show_retry;
    case NERO_SINK_PROP_TILES:
        return nero_sink_show_tiles;
    case NERO_SINK_PROP_RECORDING:
        return nero_sink_show_recording;
    default:
        return apply_options;
    }
}
