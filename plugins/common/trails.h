// SPDX-License-Identifier: MIT
// The ways that tracked objects have gone lately, for elements that draw them.
#ifndef PLUGINS_COMMON_TRAILS_H
#define PLUGINS_COMMON_TRAILS_H

#include <glib.h>

enum { NERO_TRAIL_POINTS = 64 }; // at most, of one object

typedef struct NeroTrailPoint {
    float x, y;  // pixels of the frame
    gint64 time; // nanoseconds
} NeroTrailPoint;

typedef struct NeroTrail {
    int track_id, label;
    const char *name; // of the class, interned
    guint count;
    NeroTrailPoint points[NERO_TRAIL_POINTS]; // oldest first; the last is the present place
} NeroTrail;

// Trails of at most 512 objects, in memory that does not grow.
typedef struct NeroTrails NeroTrails;

NeroTrails *nero_trails_new(void);
void nero_trails_free(NeroTrails *t); // NULL is a no-op
// To be called after a flush and for new caps: places of before mean nothing any more.
void nero_trails_forget(NeroTrails *t);
// Takes over where the tracked ones among `objects` (NeroObject) are at `time`: the middle of the
// lower edge of the box, where people stand and wheels touch the ground. It is also the point that
// zones and lines look at. Points older than `length` nanoseconds are dropped, and all trails when
// `length` is 0 or time goes backwards. Points that are close to each other become one, so that
// few stand for any frame rate.
void nero_trails_add(NeroTrails *t, const GArray *objects, gint64 time, gint64 length);
guint nero_trails_count(const NeroTrails *t);
const NeroTrail *nero_trails_get(const NeroTrails *t,
                                 guint i); // valid until the next add or forget
// A point to draw.
typedef struct NeroTrailSpot {
    float x, y;     // pixels of the frame
    float strength; // how much of the colour is left, 1 (now) .. 0
} NeroTrailSpot;
// Point `i` of a trail, as of the last nero_trails_add. A box trembles, and so would the line: it
// goes through the mean of neighbouring points, from the first to the last.
NeroTrailSpot nero_trails_spot(const NeroTrails *t, const NeroTrail *trail, guint i);

#endif
