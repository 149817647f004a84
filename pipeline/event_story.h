// SPDX-License-Identifier: MIT
// Private to pipeline/: the JSON and the picture of a recorded event.
#ifndef PIPELINE_EVENT_STORY_H
#define PIPELINE_EVENT_STORY_H

#include "nn/base/status.h"

#include <gst/gst.h>
#include <stdbool.h>

// An event as neroanalytics posts it, or of our own.
typedef struct vp_clip_event {
    GstStructure *what; // owned
    GstClockTime time;  // running time of its frame
    gint64 wall;        // microseconds since 1970
} vp_clip_event;

void vp_event_free(vp_clip_event *e);

// An object that appeared, with its centre as fractions of the picture.
GstStructure *vp_event_appear(const char *label, int track_id, double score, double x, double y);
// "enter-gate": a word for names of files (g_free).
char *vp_event_word(const vp_clip_event *e);

// A clip that is complete; texts are borrowed.
typedef struct vp_event_clip {
    const char *dir, *stem, *source;
    GstClockTime start, duration; // `start`: running time
    bool picture;                 // there is STEM.jpg
    bool live;                    // the clock tells when it was
} vp_event_clip;

// Writes DIR/STEM.json; `events` has vp_clip_event pointers, one at least.
nn_status vp_event_story(const vp_event_clip *clip, const GPtrArray *events, nn_error *err);
// Writes a frame as DIR/STEM.jpg, at most 640 pixels wide.
nn_status vp_event_picture(const char *dir, const char *stem, GstBuffer *frame, GstCaps *caps,
                           nn_error *err);

#endif
