// SPDX-License-Identifier: MIT
// What lies between a neroinfer and the element that shows or writes its boxes.
#ifndef PLUGINS_COMMON_UPSTREAM_H
#define PLUGINS_COMMON_UPSTREAM_H

#include <gst/gst.h>

typedef struct NeroUpstream {
    guint bare;        // frames in a row that carry nothing
    gboolean told;     // that boxes are lost
    gboolean searched; // since the last caps, as the next
    gboolean stretches;
} NeroUpstream;

// Other caps came: elements may have changed.
void nero_upstream_reset(NeroUpstream *u);

// Looks at a frame (taken and given back, maybe as a copy of its metas) that came into the pad
// `sink` of `element`. When it carries no boxes because an element behind neroinfer, such as
// videoflip, leaves them behind, posts a warning, once. When it was scaled to another shape with
// add-borders=false, puts its boxes where they belong. Streaming thread.
GstBuffer *nero_upstream_look(NeroUpstream *u, GstElement *element, GstPad *sink,
                              GstBuffer *buffer);

#endif
