// SPDX-License-Identifier: MIT
// The properties of neroinfer that say where it looks: storage, ranges, and the texts of
// gst-inspect.
#ifndef PLUGINS_INFER_LOOK_PROPERTIES_H
#define PLUGINS_INFER_LOOK_PROPERTIES_H

#include "nn/vision/regions.h"

#include <gst/gst.h>

typedef struct NeroLookProps {
    char *tiles, *roi, *ignore; // owned; NULL: off, the whole frame, nothing
    float overlap;
    gboolean motion;
    double refresh; // seconds
} NeroLookProps;

void nero_look_props_install(GObjectClass *klass);
void nero_look_props_init(NeroLookProps *p); // sets the defaults
void nero_look_props_release(NeroLookProps *p);
// FALSE when `id` is none of these properties. The caller holds the object lock.
gboolean nero_look_props_set(NeroLookProps *p, guint id, const GValue *value);
gboolean nero_look_props_get(const NeroLookProps *p, guint id, GValue *value);
nn_region_options nero_look_props_options(const NeroLookProps *p); // borrows the texts

#endif
