// SPDX-License-Identifier: MIT
// Scores of segmentation: IoU of each class, pixel accuracy.
#ifndef NN_EVAL_MASK_METRICS_H
#define NN_EVAL_MASK_METRICS_H

#include "nn/base/api.h"
#include "nn/data/mask.h"
#include "nn/vision/result.h"

typedef struct nn_mask_metrics nn_mask_metrics;

NN_API nn_mask_metrics *nn_mask_metrics_new(int classes); // NULL when memory is short
NN_API void nn_mask_metrics_free(nn_mask_metrics *m);     // NULL is a no-op
NN_API int nn_mask_metrics_classes(const nn_mask_metrics *m);

// Compares a map with a true mask, pixel by pixel of the mask, each with the map element under its
// centre. Pixels of NN_MASK_IGNORE do not count. *wrong (may be NULL) gets the wrong part of the
// others; 0 when there are none. NN_EFORMAT when the map contains an invalid class.
NN_API nn_status nn_mask_metrics_add(nn_mask_metrics *m, const nn_mask *truth,
                                     const nn_label_map *map, double *wrong, nn_error *err);

typedef struct nn_mask_score {
    double iou;                      // NaN when the class neither exists nor was predicted
    double precision, recall;        // 0 when nothing was predicted, or nothing exists
    int64_t truths, predicted, hits; // pixels
} nn_mask_score;

// Scores of one class, and of all, over everything added so far.
NN_API nn_mask_score nn_mask_metrics_class(const nn_mask_metrics *m, int c);

typedef struct nn_mask_summary {
    // mean of the defined IoUs, with the background's (Everingham 2010); NaN: none is defined
    double miou;
    double pixel_accuracy; // NaN when no pixel counts
    int64_t pixels;
} nn_mask_summary;

NN_API nn_mask_summary nn_mask_metrics_summary(const nn_mask_metrics *m);

// Number of pixels of class `truth` that were predicted as `predicted`.
NN_API int64_t nn_mask_metrics_confusion(const nn_mask_metrics *m, int truth, int predicted);

#endif
