// SPDX-License-Identifier: MIT
// The properties of nerosink: values, defaults, documentation.
#ifndef PLUGINS_SINK_SINK_SETTINGS_H
#define PLUGINS_SINK_SINK_SETTINGS_H

#include "plugins/common/colours.h"

#include <SDL.h>
#include <gst/gst.h>

typedef enum NeroSnapshotFrame { NERO_SNAPSHOT_BEST, NERO_SNAPSHOT_LAST } NeroSnapshotFrame;

typedef enum NeroOffscreen {
    NERO_OFFSCREEN_AUTO, // only when there is no display
    NERO_OFFSCREEN_NO,
    NERO_OFFSCREEN_YES,
} NeroOffscreen;

enum { // the element shows them when they are set
    NERO_SINK_PROP_NOTE = 100,
    NERO_SINK_PROP_MESSAGE,
    NERO_SINK_PROP_RETRY_IN,
    NERO_SINK_PROP_RECORDING,
    NERO_SINK_PROP_TILES,
};

typedef enum NeroOnClose {
    NERO_ON_CLOSE_EOS,
    NERO_ON_CLOSE_MESSAGE,
    NERO_ON_CLOSE_ERROR
} NeroOnClose;

typedef struct NeroSinkSettings {
    gboolean fullscreen, keep_aspect, figures, keys, feedback, boxes, zones, inner_view;
    gboolean controls, recording;
    NeroColourBy colour_by;
    double trail_length; // seconds
    guint width, height, sources;
    double retry_in;                                 // seconds; negative: the source is not lost
    GValue tiles; // list of GstStructure; unset: none
    char *font, *snapshot, *note, *source, *message; // owned
    NeroSnapshotFrame snapshot_frame;
    NeroOffscreen offscreen;
    NeroOnClose on_close;
    // Not properties, but what GstVideoOverlay says (sink_overlay.c).
    guintptr handle; // the X11 window to draw into; 0: an own one
    SDL_Rect place;  // in it; without width: all of it
} NeroSinkSettings;

void nero_sink_settings_init(NeroSinkSettings *s);
void nero_sink_settings_clear(NeroSinkSettings *s);
void nero_sink_settings_install(GObjectClass *klass);
// FALSE when `id` is none of these properties. The caller holds the lock.
gboolean nero_sink_settings_set(NeroSinkSettings *s, guint id, const GValue *value);
gboolean nero_sink_settings_get(const NeroSinkSettings *s, guint id, GValue *value);

#endif
