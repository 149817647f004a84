// SPDX-License-Identifier: MIT
// The state of nerosink, for its files.
#ifndef PLUGINS_SINK_SINK_STATE_H
#define PLUGINS_SINK_SINK_STATE_H

#include "plugins/common/upstream.h"
#include "plugins/sink/sink_navigation.h"
#include "plugins/sink/sink_settings.h"
#include "plugins/sink/sink_thread.h"
#include "plugins/sink/sink_window.h"

#include <gst/video/gstvideosink.h>

typedef struct NeroSink {
    GstVideoSink parent;
    NeroSinkSettings settings; // guarded by the object lock

    // Used on the UI thread.
    NeroWindow *window;
    NeroNavigation navigation;
    gboolean blind; // no display was found since start()
    nn_image best;  // the picture to save
    float best_score;
    gboolean have_best;
    gboolean saved;   // the snapshot was saved
    GstSample *shown; // the frame in the window; feedback refers to it

    GstVideoInfo info; // written on the UI thread while the streaming thread waits; so is the next
    GstCaps *caps;
    NeroUpstream upstream; // streaming thread; so is the next
    guint64 frames;
    gint ask_live; // atomic: the stream has begun anew, and may be another
    gint closed;   // atomic: the window was closed (sink_close.c)
    gint started;  // atomic: between start() and stop()
    gboolean live; // streaming thread: the source does not wait
} NeroSink;

// What the UI thread is asked to do, and what came of it.
typedef struct NeroSinkCall {
    NeroSink *self;
    const GstVideoInfo *info;
    GstCaps *caps;
    GstBuffer *buffer;
    GstVideoFrame *frame;
    NeroMeta *meta;
    gint64 time;  // of the frame
    double delay; // seconds since the source had it; negative: unknown
    const char *path;
    gboolean ok, gone; // gone: the window was lost
    nn_error error;
} NeroSinkCall;

#endif
