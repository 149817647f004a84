// SPDX-License-Identifier: MIT
// Matches detections of a picture with true boxes, at every IoU and for every range of areas.
#ifndef NN_EVAL_METRICS_MATCH_H
#define NN_EVAL_METRICS_MATCH_H

#include "nn/data/dataset.h"
#include "nn/vision/result.h"

enum {
    NN_METRICS_IOUS = 10,  // 0.50, 0.55, ... 0.95
    NN_METRICS_RANGES = 4, // all areas, small (up to 32^2 pixels), medium (up to 96^2), large
};

// One bit for each IoU, one word for each range of areas.
typedef struct nn_match {
    uint16_t hit[NN_METRICS_RANGES];
    uint16_t ignored[NN_METRICS_RANGES]; // does not count
} nn_match;

// Matches one detection; to be called for those of a picture, best score first. taken[i], zeroed at
// first, records where truth i is used up. `overlaps` has room for n numbers. A true box that
// counts is preferred to an ignored one. A true box of another size counts as ignored within a
// range, once; an ignore box (COCO's crowds: intersection over the detection's area) matches any
// number of detections. Unmatched detections of another size are ignored, too.
void nn_match_box(nn_match *out, const nn_box *box, const nn_truth *truths, int n, nn_match *taken,
                  double *overlaps);

// Whether a true box counts in a range of areas.
bool nn_match_counts(const nn_truth *t, int range);

#endif
