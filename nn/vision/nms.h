// SPDX-License-Identifier: MIT
// Candidate boxes that a decoder collects, and class-aware greedy non-maximum suppression of them.
#ifndef NN_VISION_NMS_H
#define NN_VISION_NMS_H

#include "nn/vision/result.h"

// At least this many of the best candidates are looked at; the memory for twice as many is fixed.
enum { NN_NMS_CANDIDATES = 4096 };

typedef struct nn_candidates nn_candidates;

nn_candidates *nn_candidates_new(void); // NULL when memory is short
void nn_candidates_free(nn_candidates *c);
void nn_candidates_clear(nn_candidates *c);
// Those that are kept, in no order; borrowed until the next change.
int nn_candidates_count(const nn_candidates *c);
const nn_box *nn_candidates_at(const nn_candidates *c, int i);

// Adds a box with a score >= 0. Never fails and never allocates: when there are too many, the worse
// half goes.
void nn_candidates_add(nn_candidates *c, const nn_box *box);

// Further boxes with a score up to this one make no difference: there are enough better ones. -1
// while any may.
float nn_candidates_floor(const nn_candidates *c);

// NN_NMS_CANDIDATES boxes for a decoder's own use between clear and nms; nobody else writes them.
nn_box *nn_candidates_room(nn_candidates *c);

// Replaces the boxes of `result` (initialised) by the survivors, best score first: going down the
// scores, a box is dropped when its IoU with a kept one of the same label is above `iou`. Stops at
// `max_detections`. Equal scores keep the order in which they were added, so the result is the same
// every time. Takes O(n log n + n k) for k kept boxes; uses up the candidates. Fails only for want
// of memory, and allocates only when the result has no room for min(max_detections, candidates).
nn_status nn_nms(nn_candidates *c, float iou, int max_detections, nn_result *result);

#endif
