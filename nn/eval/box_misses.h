// SPDX-License-Identifier: MIT
// What the missed objects and the false boxes of a detector have in common.
#ifndef NN_EVAL_BOX_MISSES_H
#define NN_EVAL_BOX_MISSES_H

#include "nn/base/api.h"
#include "nn/eval/metrics.h"

enum { NN_MISSES_SMALL = 16 }; // pixels of the network's input: the side of a small object

// Objects of one kind, and those of them that were missed.
typedef struct nn_misses_of {
    int64_t objects, missed;
} nn_misses_of;

// Sums over the pictures; zeroed at first. At the threshold and IoU 0.5, as nn_metrics_judge has
// it.
typedef struct nn_box_misses {
    nn_misses_of all;
    nn_misses_of small;   // the root of the area is below NN_MISSES_SMALL pixels of the input
    nn_misses_of border;  // at the border of the picture
    nn_misses_of crowded; // with an IoU of at least 0.3 with another object
    int64_t boxes;        // that were judged, right or false
    int64_t nothing;      // false ones that touch no object: IoU below 0.1
    int64_t beside;  // that belong to a missed object of their class, but with an IoU below 0.5
    int64_t doubled; // on an object of their class that another box has found
    double width, height; // sums of the sizes of the pictures
    int pictures;
} nn_box_misses;

// Adds a picture; `scale` brings its pixels to those of the input. Detections are sorted by score,
// best first. NN_ENOMEM.
nn_status nn_box_misses_add(nn_box_misses *m, float threshold, const nn_similarity *measure,
                            const nn_scored_objects *objects, double scale, nn_error *err);

#endif
