// SPDX-License-Identifier: MIT
// Finds positions for the labels of boxes, so that they hide neither objects nor each other.
#ifndef PLUGINS_COMMON_LABEL_LAYOUT_H
#define PLUGINS_COMMON_LABEL_LAYOUT_H

#include <glib.h>

// Columns x0 .. x1 - 1 and rows y0 .. y1 - 1.
typedef struct NeroRect {
    int x0, y0, x1, y1;
} NeroRect;

typedef struct NeroLabelLayout NeroLabelLayout;

// The labels of one picture, of which `area` is visible. Add all boxes first, then find positions,
// for the most important label first.
NeroLabelLayout *nero_label_layout_new(const NeroRect *area);
void nero_label_layout_free(NeroLabelLayout *p); // NULL is a no-op
void nero_label_layout_add(NeroLabelLayout *p, const NeroRect *box);
// Keeps labels off this rectangle.
void nero_label_layout_keep_clear(NeroLabelLayout *p, const NeroRect *rect);
// Finds a position for the label of box number `box`, counted from 0 as they were added: above the
// box, else below, else inside of a large box. Sets the top left corner and reserves the rectangle.
// FALSE when the label would lie outside the area, on another label, or on too much of an object.
gboolean nero_label_layout_find(NeroLabelLayout *p, guint box, int width, int height, int *x,
                                int *y);

#endif
