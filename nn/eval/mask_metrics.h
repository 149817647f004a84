// SPDX-License-Identifier: MIT
// How good masks are: intersection over union of each class, and pixels that are right.
#ifndef NN_EVAL_MASK_METRICS_H
#define NN_EVAL_MASK_METRICS_H

#include "nn/base/api.h"
#include "nn/data/mask.h"
#include "nn/vision/result.h"

typedef struct nn_mask_metrics nn_mask_metrics;

NN_API nn_mask_metrics *nn_mask_metrics_new(int classes); // NULL when memory is short
NN_API void nn_mask_metrics_free(nn_mask_metrics *m);     // of NULL: nothing
NN_API int nn_mask_metrics_classes(const nn_mask_metrics *m);

// Compares a map with the truth, pixel by pixel of the truth, each with the place of the map its
// centre lies on. Pixels of NN_MASK_IGNORE do not count. *wrong (may be NULL) gets the part of the
// others that is wrong, 0 when there are none. NN_EFORMAT when the map holds what is no class.
NN_API nn_status nn_mask_metrics_add(nn_mask_metrics *m, const nn_mask *truth,
                                     const nn_label_map *map, double *wrong, nn_error *err);

typedef struct nn_mask_score {
    double iou;                      // NaN when the class is neither there nor predicted
    double precision, recall;        // 0 when nothing was predicted, or nothing is there
    int64_t truths, predicted, hits; // pixels
} nn_mask_score;

// Of what was added so far: one class, all of them.
NN_API nn_mask_score nn_mask_metrics_class(const nn_mask_metrics *m, int c);

typedef struct nn_mask_summary {
    double miou; // mean of the IoUs that exist, the background's with them (Everingham 2010);
                 // NaN: none exists
    double pixel_accuracy; // NaN when no pixel counts
    int64_t pixels;
} nn_mask_summary;

NN_API nn_mask_summary nn_mask_metrics_summary(const nn_mask_metrics *m);

// Pixels of class `truth` that the map says are `predicted`.
NN_API int64_t nn_mask_metrics_confusion(const nn_mask_metrics *m, int truth, int predicted);

#endif
