// SPDX-License-Identifier: MIT
// Scores of a classifier: top-1, top-5, confusion, per-class figures, the worst mistakes.
#ifndef NN_EVAL_CLASS_METRICS_H
#define NN_EVAL_CLASS_METRICS_H

#include "nn/base/api.h"
#include "nn/base/status.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct nn_class_metrics nn_class_metrics;

// `multi`: a picture may show several classes or none, each with a probability of its own. NULL
// when memory is short or classes < 1. One thread at a time.
NN_API nn_class_metrics *nn_class_metrics_new(int classes, bool multi);
NN_API void nn_class_metrics_free(nn_class_metrics *m);

// Adds one picture: the `count` classes that it shows and the probabilities of all classes.
// `picture` is a number by which the caller knows it. Without `multi`, pictures of no class are not
// counted; where there are several any of them is a hit, and the first one is what was missed.
// NN_EINVAL for a label that there is not, NN_EFORMAT for probabilities that are no finite numbers.
NN_API nn_status nn_class_metrics_add(nn_class_metrics *m, int picture, const int32_t *labels,
                                      int count, const float *probabilities, nn_error *err);

typedef struct nn_class_score {
    int64_t truths, predicted, hits; // pictures; multi: predicted at 0.5
    double precision, recall, f1;    // 0 when there is nothing to divide by
    double ap; // area under the precision-recall curve of the class against all others, without
               // interpolation; NAN without pictures of it, and, when not multi, with more than
               // 2^26 probabilities
} nn_class_score;

typedef struct nn_class_summary {
    int64_t pictures;
    double top1, top5; // part of the pictures whose best (one of whose best 5) class is a true one;
                       // multi: of the pictures that show any class
    double loss; // mean cross-entropy a picture; multi: binary cross-entropy a picture and class
    double precision, recall, f1; // means over the classes that have pictures
    double f1_all;                // multi: F1 at 0.5 over all pictures and classes together
    double map;                   // multi: mean of the classes' ap; else NAN
} nn_class_summary;

// All 0 (map NAN) before the first picture.
NN_API nn_status nn_class_metrics_summary(const nn_class_metrics *m, nn_class_summary *out,
                                          nn_error *err);
NN_API nn_status nn_class_metrics_class(const nn_class_metrics *m, int label, nn_class_score *out,
                                        nn_error *err);
int64_t nn_class_metrics_truths(const nn_class_metrics *m, int label); // pictures of the class
// Pictures of class `truth` whose best class is `predicted`.
NN_API int64_t nn_class_metrics_confusion(const nn_class_metrics *m, int truth, int predicted);
NN_API int nn_class_metrics_classes(const nn_class_metrics *m);
NN_API bool nn_class_metrics_multi(const nn_class_metrics *m);

typedef struct nn_class_mistake {
    int picture;
    int32_t label, predicted; // multi: the worst class of the picture; label -1: it is not there
                              // but was predicted, predicted -1: it is there and was missed
    float probability;        // of `predicted`, or of `label` where predicted is -1
} nn_class_mistake;

// The worst mistakes, worst first (the surest ones), `most` at most; returns how many were written.
// Pictures that are right are none.
NN_API int nn_class_metrics_worst(nn_class_metrics *m, nn_class_mistake *out, int most);

#endif
