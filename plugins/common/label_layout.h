// SPDX-License-Identifier: MIT
// Where the labels of boxes go, so that in a crowd they hide neither objects nor each other.
#ifndef PLUGINS_COMMON_LABEL_LAYOUT_H
#define PLUGINS_COMMON_LABEL_LAYOUT_H

#include <glib.h>

// Columns x0 .. x1 - 1, rows y0 .. y1 - 1.
typedef struct NeroRect {
    int x0, y0, x1, y1;
} NeroRect;

typedef struct NeroLabelLayout NeroLabelLayout;

// For one picture, of which `area` is visible. Add all boxes, then find places, the most important
// label first.
NeroLabelLayout *nero_label_layout_new(const NeroRect *area);
void nero_label_layout_free(NeroLabelLayout *p); // NULL is a no-op
void nero_label_layout_add(NeroLabelLayout *p, const NeroRect *box);
// No label will lie here.
void nero_label_layout_keep_clear(NeroLabelLayout *p, const NeroRect *rect);
// A place for a label of this size: above the box, else below, else inside a box that is large
// enough. Sets the top left corner and keeps the place; FALSE when a label would lie outside the
// area, on another label or on a good part of an object. `box` counts from 0 as they were added.
gboolean nero_label_layout_find(NeroLabelLayout *p, guint box, int width, int height, int *x,
                                int *y);

#endif
