// SPDX-License-Identifier: MIT
// The classes in the maps of a frame, for elements that draw or list them.
#ifndef PLUGINS_COMMON_REGIONS_H
#define PLUGINS_COMMON_REGIONS_H

#include "plugins/meta/nerometa_internal.h"

typedef struct NeroRegion {
    const char *label; // interned, never NULL
    int label_id;
    float share;  // of the picture, 0..1
    float age_ms; // of the inference
} NeroRegion;

// Replaces the contents of `regions` (an array of NeroRegion) by the classes in the maps of the
// buffer's NeroMetas, by ascending number, background (0) included. Returns their number.
guint nero_regions_read(GstBuffer *buffer, GArray *regions);
// The same for one result; appends to `regions`.
void nero_regions_add(GArray *regions, const nn_result *result, const NeroLabels *labels);
// Whether users see it: it is not the background and not too small.
gboolean nero_region_shows(const NeroRegion *r);
// A text such as "person 12 %".
void nero_region_text(const NeroRegion *r, char *text, gsize size);

#endif
