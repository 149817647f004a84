// SPDX-License-Identifier: MIT
// Where lines go: one file target_WORD.c for each value of `method`, in a list in meson.build.
#ifndef PLUGINS_PUBLISH_TARGET_H
#define PLUGINS_PUBLISH_TARGET_H

#include "nn/base/status.h"

#include <gst/gst.h>

typedef struct NeroSetting NeroSetting; // settings.h
typedef struct NeroSettings NeroSettings;

typedef struct NeroTarget {
    const char *method, *blurb;
    // The properties that it reads, of its own and shared with others (NULL: none); the last has no
    // name.
    const NeroSetting *settings, *shared;
    // Opens the target. It may post messages in the name of `element`, which outlives it. On
    // failure returns NULL, and `err` says why. NULL: this build lacks the feature `method`.
    gpointer (*open)(GstElement *element, const NeroSettings *settings, nn_error *err);
    // Called for each frame, before its line if it gets one. May be NULL.
    void (*frame)(gpointer target);
    // Takes a line, without its end, on the streaming thread. FALSE after an error was posted.
    gboolean (*send)(gpointer target, const char *line);
    // Adds figures to the property `stats`: "sent" and "lost" lines, and others. Any thread, but
    // not while another function of the target runs.
    void (*stats)(gpointer target, GstStructure *to);
    // Called at the end of the stream, which another part may follow: sends what waits, for a time
    // that the target limits. May be NULL.
    void (*drain)(gpointer target);
    void (*close)(gpointer target);
} NeroTarget;

// All targets in the order of the list; NULL after the last.
const NeroTarget *nero_target_at(guint i);
// Type of the property `method`: the positions of the targets.
GType nero_publish_method_get_type(void);

#endif
