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

// Finds a place for each label (its w and h are set) beside its round mark, with centre x, y and
// radius r: over no mark and no other label, inside of `frame`, near its mark. Labels that are
// harder to place come first. Deterministic.
void compare_place_labels(compare_rect *label, const double *x, const double *y, const double *r,
                          int count, const compare_rect *frame);

enum { COMPARE_TICKS = 16 };

// Round numbers within [low, high], ascending, at most COMPARE_TICKS; returns how many. A log scale
// needs low > 0.
int compare_ticks(double *ticks, double low, double high, bool log_scale);

#endif
