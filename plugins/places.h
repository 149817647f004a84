// SPDX-License-Identifier: MIT
// Where the labels of boxes go, so that in a crowd they hide neither objects nor each other.
#ifndef PLUGINS_PLACES_H
#define PLUGINS_PLACES_H

#include <glib.h>

// Columns x0 .. x1 - 1, rows y0 .. y1 - 1.
typedef struct NeroRect {
    int x0, y0, x1, y1;
} NeroRect;

typedef struct NeroPlaces NeroPlaces;

// For one picture, of which `area` is visible. Add all boxes, then find places, the most important
// label first.
NeroPlaces *nero_places_new(const NeroRect *area);
void nero_places_free(NeroPlaces *p); // NULL is a no-op
void nero_places_add(NeroPlaces *p, const NeroRect *box);
// No label will lie here.
void nero_places_keep_clear(NeroPlaces *p, const NeroRect *rect);
// A place for a label of this size: above the box, else below, else inside a box that is large
// enough. Sets the top left corner and keeps the place; FALSE when a label would lie outside the
// area, on another label or on a good part of an object. `box` counts from 0 as they were added.
gboolean nero_places_find(NeroPlaces *p, guint box, int width, int height, int *x, int *y);

#endif
