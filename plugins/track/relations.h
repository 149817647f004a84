// SPDX-License-Identifier: MIT
// What elements before the tracker said about regions that it writes anew.
#ifndef PLUGINS_TRACK_RELATIONS_H
#define PLUGINS_TRACK_RELATIONS_H

#include "plugins/meta/nerometa_internal.h"

#include <gst/video/video.h>

typedef struct NeroRelations NeroRelations;

// Takes classes and structures of other elements from the regions of a meta, and notes which
// regions lie in them. NULL: there is nothing to keep.
NeroRelations *nero_relations_take(GstBuffer *buffer, const NeroMeta *meta);
// Gives them to the regions of the meta that was written in its place: each to the box of the same
// class that overlaps its own most. Regions in a box that is gone lose their parent. Frees `r`;
// NULL is a no-op.
void nero_relations_give(NeroRelations *r, GstBuffer *buffer, const NeroMeta *written);
// Forgets them. NULL is a no-op.
void nero_relations_free(NeroRelations *r);

#endif
