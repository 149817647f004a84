// SPDX-License-Identifier: MIT
// Scores a detector on labelled pictures exactly as inference would see them.
#ifndef APP_EVAL_EVALUATE_H
#define APP_EVAL_EVALUATE_H

#include "app/cli/progress.h"
#include "app/report/report_mistakes.h"
#include "nn/data/dataset.h"
#include "nn/eval/box_confusion.h"
#include "nn/predict/detector.h"

#include <cjson/cJSON.h>
#include <stdio.h>

// Low enough for the whole precision-recall curve, as COCO asks for.
#define APP_EVALUATE_THRESHOLD 0.01f
enum { APP_EVALUATE_DETECTIONS = 300 };

typedef struct app_evaluation {
    nn_metrics *metrics;
    nn_result result; // reused from picture to picture
    int pictures;
    double milliseconds;         // of inference, summed
    app_progress *progress;      // borrowed; NULL: none is shown
    app_mistakes *mistakes;      // borrowed; gets the worst pictures; NULL: nobody asks
    nn_box_confusion *confusion; // at one threshold; NULL: nobody asks
} app_evaluation;

nn_status app_evaluation_init(app_evaluation *e, int labels, nn_error *err);
void app_evaluation_release(app_evaluation *e);
// Before the first picture: what is taken for what is counted, too, in boxes from `threshold` on.
nn_status app_evaluation_confuse(app_evaluation *e, int labels, float threshold, nn_error *err);

// One picture (RGB), called `name`; `truths` are in pixels of a full_w x full_h picture, of which
// `frame` may be a smaller copy.
nn_status app_evaluate_frame(app_evaluation *e, nn_detector *d, const char *name,
                             const nn_frame *frame, int full_w, int full_h, const nn_truth *truths,
                             int truth_count, nn_error *err);
// Every picture of a data set.
nn_status app_evaluate_dataset(app_evaluation *e, nn_detector *d, nn_dataset *data, nn_error *err);

// Opens MODEL for scoring: low threshold, many detections; the rest as in `options`.
nn_status app_evaluate_open(nn_detector **d, const char *model, const nn_detector_options *options,
                            nn_error *err);

// {"ap50", "ap75", "ap", "ar", "ap_small", ..., "precision", "recall", ..., "classes": {...},
// "confusion": rows of true classes and the background}; scores that do not exist (no true boxes)
// are null. The caller deletes *json.
nn_status app_evaluation_json(cJSON **json, const app_evaluation *e, const char *model,
                              char *const *labels, int label_count, float threshold, nn_error *err);
// A table for people; scores that do not exist are "-".
nn_status app_evaluation_print(const app_evaluation *e, char *const *labels, int label_count,
                               float threshold, FILE *out, nn_error *err);

#endif
