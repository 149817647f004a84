// SPDX-License-Identifier: MIT
// Private to pipeline/: cuts clips of events out of the last seconds of an encoded video.
#ifndef PIPELINE_CUTTER_H
#define PIPELINE_CUTTER_H

#include "nn/base/status.h"
#include "pipeline/event_story.h"
#include "pipeline/keep.h"

#include <gst/gst.h>
#include <stdbool.h>

typedef struct vp_cutter_options {
    const char *dir, *source; // copied
    const char *root;         // copied; what `keep` bounds: `dir` or the folder around it
    GstClockTime before, after;
    vp_keep keep;
    bool live;
    void (*tell)(void *user, const nn_error *why); // a clip that was not written
    void *user;
} vp_cutter_options;

// One thread at a time, which may have to wait for the disk; wants_picture and count: any thread.
typedef struct vp_cutter vp_cutter;

vp_cutter *vp_cutter_new(const vp_cutter_options *o);
void vp_cutter_free(vp_cutter *c); // NULL is a no-op

// Takes a frame with its caps (borrowed) and running time. `placed`: as vp_event_frame says.
void vp_cutter_frame(vp_cutter *c, GstBuffer *frame, GstCaps *caps, GstClockTime time, bool placed);
// Takes an event. It begins a clip, or makes the one that it touches longer. `of_source`: what was
// added to the times of the source, when its frames are not placed.
void vp_cutter_event(vp_cutter *c, vp_clip_event *event, GstClockTime of_source);
// Whether a clip has begun that has no picture; true once.
bool vp_cutter_wants_picture(vp_cutter *c);
// Offers a raw frame (borrowed) as the picture of the clip, or of the one that will begin.
void vp_cutter_picture(vp_cutter *c, GstBuffer *buffer, GstCaps *caps);
// Completes the clip; no frames follow.
void vp_cutter_finish(vp_cutter *c);
int vp_cutter_count(vp_cutter *c); // complete clips

#endif
