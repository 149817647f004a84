// SPDX-License-Identifier: MIT
// The parts of the tracker: tracks (track.c) and the rounds of matching (track_rounds.c).
#ifndef NN_VISION_TRACK_INTERNAL_H
#define NN_VISION_TRACK_INTERNAL_H

#include "nn/vision/appearance.h"
#include "nn/vision/track.h"
#include "nn/vision/track_filter.h"
#include "nn/vision/track_match.h"
#include "nn/vision/tracker_kind.h"

enum { NN_MAX_TRACKS = 4096 };

typedef struct nn_track_state {
    nn_track_filter filter, last; // now, and after its last box
    nn_box found;                 // its last box
    nn_track shown;               // its box lacks the sides until it is shown
    nn_appearance look;
} nn_track_state;

// A box of the current frame.
typedef struct nn_track_box {
    const nn_box *box;
    float covered; // greatest part that lies in a nearer box
    int index, to; // of the box; the track that takes it, or -1
    bool part;     // it is a part or a double of a box that is taken
    bool united;   // it is the union of two surer ones
} nn_track_box;

struct nn_tracker {
    nn_track_options o;
    const nn_frame *frame;
    int width, height; // of the last frame; 0: unknown
    nn_track_state *tracks;
    int count, capacity;
    int next_id;
    // Work space of one update:
    nn_track_filter *ahead; // of each track
    nn_box *expected;
    nn_track_box *boxes; // sorted by their left side
    nn_appearance *looks;
    int *place;       // of a box in this order; -1: it does not count
    int *to, *solved; // the box of each track; a round's solution
    int box_count;
    float widest, tallest;
    size_t ahead_size, expected_size, boxes_size, looks_size, place_size, to_size, solved_size;
    nn_track_matcher matcher;
};

// Allocates what an update with so many boxes needs; FALSE leaves the tracks as they were.
bool nn_tracker_reserve(nn_tracker *t, int boxes);
// Lists the boxes that count, from left to right.
void nn_tracker_list(nn_tracker *t, const nn_box *boxes, int count);
// Finds the box of every track, `frames` frames later: sets `ahead`, `to` and `unseen`. FALSE when
// memory is short; then nothing has changed.
bool nn_tracker_match(nn_tracker *t, int frames);
// Index of the first listed box whose left side is at `x` or further right.
int nn_tracker_first_from(const nn_tracker *t, float x);
// The part of `a` that lies in `b`.
float nn_part_inside(const nn_box *a, const nn_box *b);
// Whether a tracked box covers so much of this one that it is the same object, or a part of it.
bool nn_tracker_is_double(const nn_tracker *t, const nn_track_box *c);
// Whether a box is the union of two others that lie side by side in it and that `counts` accepts: a
// detector gives such boxes for objects that meet.
bool nn_tracker_unites(const nn_tracker *t, const nn_track_box *c,
                       bool (*counts)(const nn_tracker *t, const nn_track_box *part,
                                      const nn_track_box *whole));

#endif
