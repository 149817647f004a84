// SPDX-License-Identifier: MIT
// Checks what stands before an element that needs boxes: the elements between it and a neroinfer,
// and whether there is a detector at all.
#ifndef PLUGINS_COMMON_UPSTREAM_H
#define PLUGINS_COMMON_UPSTREAM_H

#include <gst/gst.h>

typedef struct NeroUpstream {
    guint bare;        // consecutive frames without boxes
    gboolean told;     // whether the loss of boxes was reported
    gboolean searched; // since the last caps; so is the next
    gboolean stretches;
    guint waited; // frames without boxes before the first one with boxes
    gboolean fed; // boxes have come, or their lack was reported
} NeroUpstream;

// To be called for new caps: elements may have changed.
void nero_upstream_reset(NeroUpstream *u);

// Checks a frame that came into the pad `sink` of `element`; takes it and returns it, maybe as a
// copy with other metas. When an element behind neroinfer, such as videoflip, drops the boxes, it
// posts a warning once. When the frame was scaled to another shape with add-borders=false, it
// corrects the boxes. Streaming thread only.
GstBuffer *nero_upstream_look(NeroUpstream *u, GstElement *element, GstPad *sink,
                              GstBuffer *buffer);

// Checks a frame that came into the pad `sink` of an element that does nothing without boxes. When
// none have come with the first frames and no neroinfer is before it, posts a warning once, with
// `example`, a part of a pipeline. Streaming thread only.
void nero_upstream_need(NeroUpstream *u, GstElement *element, const char *example, GstPad *sink,
                        GstBuffer *buffer);

#endif
