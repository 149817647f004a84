// SPDX-License-Identifier: MIT
// Geometry of the picture that compares networks: the Pareto front, ticks, and where labels stand.
#ifndef APP_COMPARE_FRONT_H
#define APP_COMPARE_FRONT_H

#include <stdbool.h>

// Marks the points that no other one dominates: none costs as little and is worth as much, with one
// of them better. Points with a NAN are never marked and dominate nothing.
void compare_front(const double *cost, const double *worth, bool *on, int count);

typedef struct compare_rect {
    double x, y, w, h; // x, y: top left corner
} compare_rect;

// The area in which both overlap; 0: none.
double compare_overlap(const compare_rect *a, const compare_rect *b);

// What labels stand beside: round marks with centre x, y and radius r, and rectangles, such as
// lines, that they leave free where they can.
typedef struct compare_marks {
    const double *x, *y, *r;
    int count;
    const compare_rect *avoid;
    int avoided;
} compare_marks;

// Finds a place for the label of each mark (its w and h are set): over no mark and no other label,
// inside of `frame`, near its mark. Labels that are harder to place come first. Deterministic.
void compare_place_labels(compare_rect *label, const compare_marks *m, const compare_rect *frame);

enum { COMPARE_TICKS = 16 };

// Round numbers within [low, high], ascending, at most COMPARE_TICKS; returns how many. A log scale
// needs low > 0.
int compare_ticks(double *ticks, double low, double high, bool log_scale);

#endif
