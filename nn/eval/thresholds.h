// SPDX-License-Identifier: MIT
// Chooses the score thresholds of a detector on labelled pictures: a class should be found where it
// is, and stay silent on pictures without it.
#ifndef NN_EVAL_THRESHOLDS_H
#define NN_EVAL_THRESHOLDS_H

#include "nn/base/api.h"
#include "nn/eval/metrics.h"

// The best score of each class on each picture without it. A picture counts for a class that it may
// hold, as far as its labels tell: one with an ignore box of the class, or of any, does not.
typedef struct nn_false_alarms nn_false_alarms;

nn_false_alarms *nn_false_alarms_new(int classes); // NULL when memory is short
void nn_false_alarms_free(nn_false_alarms *a);
// Adds a picture.
nn_status nn_false_alarms_add(nn_false_alarms *a, const nn_scored_objects *o, nn_error *err);
// Pictures without the class, and those of them with a box of it from this score on.
NN_API int64_t nn_false_alarms_pictures(const nn_false_alarms *a, int label);
NN_API int64_t nn_false_alarms_count(const nn_false_alarms *a, int label, float threshold);

typedef struct nn_threshold_rule {
    // Of the pictures without a class, at most this part shows a box of it (false positives per
    // image, as in Dollar 2012, but at most one a picture). Where there are too few of them for a
    // single one to be allowed, they do not count.
    double false_alarms;
    // A class with fewer true objects has no threshold of its own by F1, but that of all classes
    // together, or
    int objects;
    bool keep; // the one that it had
} nn_threshold_rule;

#define NN_FALSE_ALARMS 0.01    // nn_threshold_rule.false_alarms of a training
#define NN_THRESHOLD_OBJECTS 20 // and .objects

// Writes a threshold for each class: the lowest one whose F1 is within 0.01 of the best, raised as
// far as the false alarms demand. of_class has the former ones when they may be kept. *all gets
// that of all classes together, raised likewise when there is one class only.
NN_API nn_status nn_thresholds_choose(const nn_metrics *m, const nn_false_alarms *a,
                                      const nn_threshold_rule *rule, int classes, float *of_class,
                                      float *all, nn_error *err);

#endif
