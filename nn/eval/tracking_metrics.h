// SPDX-License-Identifier: MIT
// Scores of tracks against true tracks: CLEAR MOT (Bernardin, Stiefelhagen 2008) and IDF1 (Ristani
// et al. 2016), counted as in TrackEval.
#ifndef NN_EVAL_TRACKING_METRICS_H
#define NN_EVAL_TRACKING_METRICS_H

#include "nn/base/api.h"
#include "nn/data/dataset.h"
#include "nn/vision/result.h"

typedef struct nn_tracking_metrics nn_tracking_metrics;

// Boxes and truths of one class match from this IoU on; 0.5 is the field's. NULL when memory is
// short.
NN_API nn_tracking_metrics *nn_tracking_metrics_new(float iou);
NN_API void nn_tracking_metrics_free(nn_tracking_metrics *m);

// A sequence of its own begins: ids mean other objects from now on.
NN_API void nn_tracking_metrics_next_sequence(nn_tracking_metrics *m);

// Adds a labelled frame. ids[i] is the identity of truths[i], the track_id that of a box; boxes
// without one (0) are left out. Pairs of the frame before are kept while they overlap, the others
// are matched for the largest IoU. Ignored truths need not be found; a box that fits only one of
// them does not count.
NN_API nn_status nn_tracking_metrics_add(nn_tracking_metrics *m, const nn_truth *truths,
                                         const int *ids, int truth_count, const nn_box *boxes,
                                         int box_count, nn_error *err);

// Quotients are NAN where nothing can be counted.
typedef struct nn_tracking_score {
    double mota;                          // 1 - (missed + false + switches) / truths
    double motp;                          // mean IoU of the hits
    double idf1, id_precision, id_recall; // of the best one-to-one match of whole tracks
    double precision, recall;
    int64_t truths, boxes, hits, missed, false_boxes; // summed over the frames
    int switches;       // a true object is hit by another track than before
    int fragmentations; // a true object is found again after a miss
    int objects, tracks;
    int mostly_tracked, partly_tracked, mostly_lost; // objects hit > 80 %, else, < 20 % of the time
} nn_tracking_score;

NN_API nn_status nn_tracking_metrics_compute(const nn_tracking_metrics *m, nn_tracking_score *out,
                                             nn_error *err);

#endif
