// SPDX-License-Identifier: MIT
// Checks the elements between a neroinfer and the element that shows or writes its boxes.
#ifndef PLUGINS_COMMON_UPSTREAM_H
#define PLUGINS_COMMON_UPSTREAM_H

#include <gst/gst.h>

typedef struct NeroUpstream {
    guint bare;        // consecutive frames without boxes
    gboolean told;     // whether the loss of boxes was reported
    gboolean searched; // since the last caps; so is the next
    gboolean stretches;
} NeroUpstream;

// To be called for new caps: elements may have changed.
void nero_upstream_reset(NeroUpstream *u);

// Checks a frame that came into the pad `sink` of `element`; takes it and returns it, maybe as a
// copy with other metas. When an element behind neroinfer, such as videoflip, drops the boxes, it
// posts a warning once. When the frame was scaled to another shape with add-borders=false, it
// corrects the boxes. Streaming thread only.
GstBuffer *nero_upstream_look(NeroUpstream *u, GstElement *element, GstPad *sink,
                              GstBuffer *buffer);

#endif
