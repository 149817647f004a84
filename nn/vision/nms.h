// SPDX-License-Identifier: MIT
// Collects the candidate boxes of a decoder and suppresses overlapping ones of the same class
// (greedy non-maximum suppression).
#ifndef NN_VISION_NMS_H
#define NN_VISION_NMS_H

#include "nn/vision/result.h"

// At least this many of the best candidates take part; memory for twice as many is fixed.
enum { NN_NMS_CANDIDATES = 4096 };

typedef struct nn_candidates nn_candidates;

nn_candidates *nn_candidates_new(void); // NULL when memory is short
void nn_candidates_free(nn_candidates *c);
void nn_candidates_clear(nn_candidates *c);
// The boxes kept so far, in no order; valid until the next change.
int nn_candidates_count(const nn_candidates *c);
const nn_box *nn_candidates_at(const nn_candidates *c, int i);

// Adds a box with a score >= 0. It never fails and never allocates: when the store is full, the
// worse half is dropped.
void nn_candidates_add(nn_candidates *c, const nn_box *box);

// Drops the boxes whose score is below the threshold of their label, for labels 0 .. labels - 1.
void nn_candidates_filter(nn_candidates *c, const float *thresholds, int labels);

// Boxes with a score up to this one are useless from now on: there are enough better ones. -1 while
// every box counts.
float nn_candidates_floor(const nn_candidates *c);

// Work space of NN_NMS_CANDIDATES boxes for a decoder, between clear and nms.
nn_box *nn_candidates_room(nn_candidates *c);

// How much two boxes have in common, where it is not the IoU of upright boxes.
typedef struct nn_overlap {
    float (*iou)(const void *context, const nn_box *a, const nn_box *b); // 0 .. 1
    const void *context;
} nn_overlap;

typedef struct nn_nms_options {
    float iou; // boxes of a label with a larger IoU are one object
    int max_detections;
    bool agnostic; // boxes of two labels, too
    // Of boxes with at least this score, two are one object, too, when a candidate with at least
    // this score has a larger IoU with both: the network sees the whole between two halves of a
    // thing, but nothing between two things that touch. In crowds it does: 0 joins none.
    float join_score;
    const nn_overlap *overlap; // NULL: the IoU of the boxes. Boxes that do not touch have none.
} nn_nms_options;

// Writes the survivors into `result` (initialised), best score first. A box is dropped when it is
// one object with a better one. Stops at `max_detections`. Equal scores keep the order of
// nn_candidates_add, so results are reproducible. It takes O(n log n + n k) for k kept boxes and
// uses up the candidates. It fails only when memory is short; it allocates only when the result
// has no room for min(max_detections, candidates) boxes.
nn_status nn_nms(nn_candidates *c, const nn_nms_options *o, nn_result *result);

#endif
