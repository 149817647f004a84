// SPDX-License-Identifier: MIT
// Pairs tracks with boxes when few pairs are possible: the assignment problem falls apart into
// small ones, which are solved one by one.
#ifndef NN_VISION_TRACK_MATCH_H
#define NN_VISION_TRACK_MATCH_H

#include "nn/base/status.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct nn_track_edge {
    int row, column;
    float cost;
} nn_track_edge;

// Zeroed at first.
typedef struct nn_track_matcher {
    nn_track_edge *edges; // owned; in any order
    size_t count, capacity;
    void *room; // owned: lists and matrices of one solution
    size_t room_size;
} nn_track_matcher;

void nn_track_matcher_release(nn_track_matcher *m);
void nn_track_matcher_clear(nn_track_matcher *m); // before the edges of a round
// Adds a possible pair. FALSE when memory is short.
bool nn_track_matcher_add(nn_track_matcher *m, int row, int column, float cost);
// As nn_linear_assignment, over the possible pairs: to[row] gets the column, or -1. FALSE when
// memory is short; then `to` is undefined.
bool nn_track_matcher_solve(nn_track_matcher *m, int rows, int columns, float limit, int *to);

#endif
