// SPDX-License-Identifier: MIT
// Tracks as GstAnalytics metadata, for elements of GStreamer 1.24 and later.
#ifndef PLUGINS_TRACK_TRACKING_MTD_H
#define PLUGINS_TRACK_TRACKING_MTD_H

#include "plugins/meta/nerometa_internal.h"

typedef struct NeroSightings NeroSightings; // when each track was first seen

NeroSightings *nero_sightings_new(void);
void nero_sightings_free(NeroSightings *s); // NULL is a no-op
// Adds to the GstAnalyticsRelationMeta of a writable buffer, for each tracked box of `meta`, what
// was detected, its track, and the relation between them. `meta` is of this buffer.
void nero_tracking_mtd_add(NeroSightings *s, GstBuffer *buffer, const NeroMeta *meta);

#endif
