// SPDX-License-Identifier: MIT
// Scores a classifier on labelled pictures exactly as `neroscale classify` would see them.
#ifndef APP_EVAL_EVALUATE_CLASSES_H
#define APP_EVAL_EVALUATE_CLASSES_H

#include "app/cli/progress.h"
#include "nn/data/dataset.h"
#include "nn/eval/class_metrics.h"
#include "nn/predict/classifier.h"

#include <cjson/cJSON.h>
#include <stdio.h>

typedef struct app_class_evaluation {
    nn_class_metrics *metrics; // knows pictures by their number in the data set
    int pictures;
    double milliseconds;    // of inference, summed
    app_progress *progress; // borrowed; NULL: none is shown
} app_class_evaluation;

// `multi`: each class has a probability of its own (nn_class_metrics_new).
nn_status app_class_evaluation_init(app_class_evaluation *e, int classes, bool multi,
                                    nn_error *err);
void app_class_evaluation_release(app_class_evaluation *e); // of a zeroed one: no-op

// Opens a model file, or an installed model by name, as `neroscale classify MODEL` does. `options`
// may be NULL. The caller frees *c with nn_classifier_free.
nn_status app_evaluate_classes_open(nn_classifier **c, const char *model,
                                    const nn_classifier_options *options, nn_error *err);

// Every picture of a data set of classes; its labels are those of the classifier.
nn_status app_evaluate_classes(app_class_evaluation *e, nn_classifier *c, nn_dataset *data,
                               nn_error *err);

// {"top1", "top5", "loss", ..., "classes": {NAME: {"precision", "recall", "f1", ...}}, "confusion":
// [[...]]}; for several labels a picture also "map" and "f1_all", and "ap" of each class. The
// caller deletes *json.
nn_status app_class_evaluation_json(cJSON **json, const app_class_evaluation *e, const char *model,
                                    char *const *labels, nn_error *err);
// A table for people.
nn_status app_class_evaluation_print(const app_class_evaluation *e, char *const *labels, FILE *out,
                                     nn_error *err);

#endif
