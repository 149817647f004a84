// SPDX-License-Identifier: MIT
// A box that somebody drew, or that waits for somebody to say yes.
#ifndef APP_ANNOTATE_BOXES_H
#define APP_ANNOTATE_BOXES_H

#include <stdbool.h>

typedef struct ui_box {
    double x0, y0, x1, y1; // pixels of the picture, x1 > x0, y1 > y0
    double score;          // 0 .. 1; 1 when drawn by hand
    int label;             // class index
    int id;                // of the object in a video, > 0; 0: none
    int record;            // place in the label file as it was first read; -1: not in it
    bool ignore;           // neither helps nor hurts a training
    bool suggested;        // by a model and not accepted: never written
    bool filled;           // between two key frames, by interpolation
} ui_box;

// The boxes of a page in the order in which they are written. All is borrowed.
typedef struct ui_sheet {
    const ui_box *boxes;
    int count;
} ui_sheet;

// Swaps ends that are the wrong way round.
void ui_box_order(ui_box *b);
// Cuts it to a width x height picture; false when less than a pixel of it is left.
bool ui_box_clip(ui_box *b, int width, int height);
double ui_box_area(const ui_box *b);
bool ui_box_contains(const ui_box *b, double x, double y);
double ui_box_overlap(const ui_box *a, const ui_box *b); // intersection over union
// Between a (at 0) and b (at 1); class, id and all else as in a.
ui_box ui_box_between(const ui_box *a, const ui_box *b, double at);

#endif
