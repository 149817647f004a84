// SPDX-License-Identifier: MIT
// The objects on a buffer, from a NeroMeta or from other elements' regions of interest.
#ifndef PLUGINS_COMMON_OBJECTS_H
#define PLUGINS_COMMON_OBJECTS_H

#include "plugins/meta/nerometa.h"

typedef struct NeroObject {
    nn_box box;                // pixels of the buffer's frame
    const char *label;         // interned, never NULL
    float age_ms;              // of the inference; 0 when unknown
    int region;                // id of its GstVideoRegionOfInterestMeta; 0: none
    int parent;                // id of the region that it was found in; 0: in the frame
    const char *class;         // what a classifier says about it, interned; NULL: nothing
    float class_score;         // its confidence, 0 .. 1
    const nn_details *details; // where box.detail belongs; valid as the meta is; NULL: none
} NeroObject;

// Replaces the contents of `objects` (an array of NeroObject) by the boxes of the buffer's
// NeroMetas. When there are none, uses its GstVideoRegionOfInterestMetas, with score 1 where a
// "detection" structure is missing. Returns the number of objects.
guint nero_objects_read(GstBuffer *buffer, GArray *objects);
// Appends the objects of one NeroMeta of the buffer, in the order of its boxes.
void nero_objects_read_meta(GstBuffer *buffer, const NeroMeta *meta, GArray *objects);
// The detail of an object; NULL: it has none.
const nn_detail *nero_object_detail(const NeroObject *o);
// Appends the boxes of one result.
void nero_objects_add(GArray *objects, const nn_result *result, const NeroLabels *labels);

#endif
