// SPDX-License-Identifier: MIT
// Average precision of a detector the way COCO counts it, and precision and recall at a threshold.
#ifndef NN_TRAIN_METRICS_H
#define NN_TRAIN_METRICS_H

#include "nn/train/dataset.h"
#include "nn/vision/result.h"

enum { NN_METRICS_IOUS = 10 }; // 0.50, 0.55, ... 0.95

typedef struct nn_metrics nn_metrics;

nn_metrics *nn_metrics_new(int classes); // NULL when memory is short
void nn_metrics_free(nn_metrics *m);

// Adds one picture. `boxes` best score first as detectors give them (sorted here if not).
// Detections are matched greedily, best score first, to the free true box of their class with the
// highest IoU. Those that match only an ignore box (intersection over their own area, as for COCO's
// crowds) count neither way.
nn_status nn_metrics_add(nn_metrics *m, const nn_truth *truths, int truth_count,
                         const nn_box *boxes, int box_count, nn_error *err);

typedef struct nn_metrics_score {
    double ap50, ap;          // ap: mean over IoU 0.50:0.05:0.95; NAN without true boxes
    double precision, recall; // at the threshold, IoU 0.5; 0 when there is nothing to divide by
    int truths, detections;   // detections: at or above the threshold
} nn_metrics_score;

// Score of one class, or with label < 0 of all: AP averaged over the classes that have true boxes,
// precision and recall over all boxes together.
nn_status nn_metrics_compute(const nn_metrics *m, int label, float threshold, nn_metrics_score *out,
                             nn_error *err);

// The lowest threshold whose F1 = 2 P R / (P + R) over all classes at IoU 0.5 is within `slack` of
// the best F1, which *f1 (may be NULL) gets.
nn_status nn_metrics_best_threshold(const nn_metrics *m, double slack, float *threshold, double *f1,
                                    nn_error *err);

#endif
