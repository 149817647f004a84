// SPDX-License-Identifier: MIT
// The classes of the pixels of a frame, for those who draw or list them.
#ifndef PLUGINS_COMMON_REGIONS_H
#define PLUGINS_COMMON_REGIONS_H

#include "plugins/meta/nerometa_internal.h"

typedef struct NeroRegion {
    const char *label; // interned, never NULL
    int label_id;
    float share;  // of the picture
    float age_ms; // of the inference behind it
} NeroRegion;

// Replaces the contents of `regions` (an array of NeroRegion) by the classes that the maps of the
// buffer's NeroMetas show, in the order of their numbers, the background (0) with them. Returns how
// many there are.
guint nero_regions_read(GstBuffer *buffer, GArray *regions);
// The same of one result; appends.
void nero_regions_add(GArray *regions, const nn_result *result, const NeroLabels *labels);
// Whether people are told of it: no background, and not too small to see.
gboolean nero_region_shows(const NeroRegion *r);
// "person 12 %".
void nero_region_text(const NeroRegion *r, char *text, gsize size);

#endif
