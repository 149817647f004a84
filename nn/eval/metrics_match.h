// SPDX-License-Identifier: MIT
// Which detections of a picture are its true boxes, at every IoU and for every range of areas.
#ifndef NN_EVAL_METRICS_MATCH_H
#define NN_EVAL_METRICS_MATCH_H

#include "nn/data/dataset.h"
#include "nn/vision/result.h"

enum {
    NN_METRICS_IOUS = 10,  // 0.50, 0.55, ... 0.95
    NN_METRICS_RANGES = 4, // of areas: all, small (to 32^2 pixels), medium (to 96^2), large
};

// Bits of the IoU steps, one word for each range of areas.
typedef struct nn_match {
    uint16_t hit[NN_METRICS_RANGES];
    uint16_t ignored[NN_METRICS_RANGES]; // counts neither way
} nn_match;

// Matches one detection. Those of a picture come best score first; taken[i], zeroed before the
// first of them, remembers where truth i is used up. `overlaps` is room for n numbers. A true box
// that counts comes before one that is to be ignored; one of another size is ignored within a range
// as often as once, an ignore box (COCO's crowds: intersection over the detection's area) any
// number of times. Detections of another size that match nothing are ignored, too.
void nn_match_box(nn_match *out, const nn_box *box, const nn_truth *truths, int n, nn_match *taken,
                  double *overlaps);

// Whether a true box counts in a range of areas.
bool nn_match_counts(const nn_truth *t, int range);

#endif
