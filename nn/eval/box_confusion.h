// SPDX-License-Identifier: MIT
// Confusion matrix of a detector: confused classes, missed objects, false detections.
#ifndef NN_EVAL_BOX_CONFUSION_H
#define NN_EVAL_BOX_CONFUSION_H

#include "nn/base/api.h"
#include "nn/eval/metrics.h"

typedef struct nn_box_confusion nn_box_confusion;

// Counts boxes with a score of at least `threshold`. NULL when memory is short or classes < 1.
NN_API nn_box_confusion *nn_box_confusion_new(int classes, float threshold);
NN_API void nn_box_confusion_free(nn_box_confusion *c);

// Adds a picture; `boxes` are sorted by score, best first. Correct boxes are those of
// nn_metrics_judge. A wrong box belongs to the true box of another class with the largest IoU, at
// least 0.5, when that was not found and has no other box yet; otherwise it belongs to the
// background. True boxes that remain count as background predictions. What nn_metrics_judge ignores
// is not counted.
NN_API nn_status nn_box_confusion_add(nn_box_confusion *c, const nn_similarity *measure,
                                      const nn_scored_objects *objects, nn_error *err);

// Number of objects of class `truth` that were predicted as `predicted`. The number of classes
// stands for background: as `truth` for false detections, as `predicted` for missed objects.
NN_API int64_t nn_box_confusion_count(const nn_box_confusion *c, int truth, int predicted);
NN_API int nn_box_confusion_classes(const nn_box_confusion *c); // without the background
NN_API float nn_box_confusion_threshold(const nn_box_confusion *c);

#endif
