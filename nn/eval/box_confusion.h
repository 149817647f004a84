// SPDX-License-Identifier: MIT
// Confusion matrix of a detector: which true objects it takes for which class, misses, makes up.
#ifndef NN_EVAL_BOX_CONFUSION_H
#define NN_EVAL_BOX_CONFUSION_H

#include "nn/base/api.h"
#include "nn/eval/metrics.h"

typedef struct nn_box_confusion nn_box_confusion;

// Counts boxes from `threshold` on. NULL when memory is short or classes < 1.
NN_API nn_box_confusion *nn_box_confusion_new(int classes, float threshold);
NN_API void nn_box_confusion_free(nn_box_confusion *c);

// Adds one picture; `boxes` best score first. Hits are those of nn_metrics_judge. Each other box
// belongs to the true box of another class with which it overlaps most, IoU 0.5 at least, as long
// as that one was not found and has no other box yet; else to the background, as do the true boxes
// that are left. What that function ignores is not counted.
NN_API nn_status nn_box_confusion_add(nn_box_confusion *c, const nn_truth *truths, int truth_count,
                                      const nn_box *boxes, int box_count, nn_error *err);

// Objects of class `truth` that were taken for `predicted`; the number of classes stands for the
// background: in place of `truth` for boxes where nothing is, of `predicted` for missed objects.
NN_API int64_t nn_box_confusion_count(const nn_box_confusion *c, int truth, int predicted);
NN_API int nn_box_confusion_classes(const nn_box_confusion *c); // without the background
NN_API float nn_box_confusion_threshold(const nn_box_confusion *c);

#endif
