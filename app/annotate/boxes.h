// SPDX-License-Identifier: MIT
// A box that was drawn, read from labels, or suggested by a model.
#ifndef APP_ANNOTATE_BOXES_H
#define APP_ANNOTATE_BOXES_H

#include <stdbool.h>

typedef struct ui_box {
    double x0, y0, x1, y1; // pixels of the picture, x1 > x0, y1 > y0
    double score;          // 0 .. 1; 1 when drawn by hand
    int label;             // index of its class
    int id;                // > 0: number of its object in a video; 0: none
    int record;            // its place in the label file as first read; -1: not in the file
    bool ignore;           // the training ignores it
    bool suggested;        // by a model and not accepted: never saved
    bool filled;           // interpolated between two key frames
} ui_box;

// The boxes of a page in the order in which they are saved. Everything is borrowed.
typedef struct ui_sheet {
    const ui_box *boxes;
    int count;
} ui_sheet;

// Swaps sides that are in the wrong order.
void ui_box_order(ui_box *b);
// Clips the box to a width x height picture; false when less than a pixel is left.
bool ui_box_clip(ui_box *b, int width, int height);
double ui_box_area(const ui_box *b);
bool ui_box_contains(const ui_box *b, double x, double y);
double ui_box_overlap(const ui_box *a, const ui_box *b); // intersection over union
// Interpolates between a (at 0) and b (at 1). Class, id and the rest are those of a.
ui_box ui_box_between(const ui_box *a, const ui_box *b, double at);

#endif
