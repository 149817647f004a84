// SPDX-License-Identifier: MIT
// Scores a segmentation model on pictures with masks exactly as inference would see them.
#ifndef APP_EVAL_EVALUATE_MASKS_H
#define APP_EVAL_EVALUATE_MASKS_H

#include "app/cli/progress.h"
#include "nn/data/dataset.h"
#include "nn/eval/mask_metrics.h"
#include "nn/predict/detector.h"

#include <cjson/cJSON.h>
#include <stdio.h>

enum { APP_WORST_MASKS = 12 };

typedef struct app_worst_mask {
    int picture;  // in the data set
    double wrong; // part of its pixels
} app_worst_mask;

typedef struct app_mask_evaluation {
    nn_mask_metrics *metrics;
    nn_result result; // reused from picture to picture
    int pictures;
    double milliseconds;                   // of inference, summed
    app_worst_mask worst[APP_WORST_MASKS]; // worst first; none that is all right
    int worst_count;
    app_progress *progress; // borrowed; NULL: none is shown
} app_mask_evaluation;

nn_status app_mask_evaluation_init(app_mask_evaluation *e, int labels, nn_error *err);
void app_mask_evaluation_release(app_mask_evaluation *e); // of a zeroed one: no-op

// Every picture of a data set of masks; its labels are those of the model.
nn_status app_evaluate_masks(app_mask_evaluation *e, nn_detector *d, nn_dataset *data,
                             nn_error *err);

// {"miou", "pixel_accuracy", "pixels", ..., "classes": {NAME: {"iou", "precision", "recall", ...}},
// "confusion": [[...]]} in pixels; scores that do not exist are null. The caller deletes *json.
cJSON *app_mask_evaluation_json(const app_mask_evaluation *e, const char *model,
                                char *const *labels);
// A table for people; scores that do not exist are "-".
void app_mask_evaluation_print(const app_mask_evaluation *e, char *const *labels, FILE *out);

#endif
