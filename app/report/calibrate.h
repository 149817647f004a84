// SPDX-License-Identifier: MIT
// eval --calibrate: the score thresholds that suit the evaluated pictures, written into a model
// file.
#ifndef APP_REPORT_CALIBRATE_H
#define APP_REPORT_CALIBRATE_H

#include "app/cli/open_model.h"
#include "nn/eval/evaluation.h"

#include <stdio.h>

typedef struct app_calibration {
    const char *out;     // the file to write: APP_CALIBRATED at its end
    double false_alarms; // nn_threshold_rule.false_alarms
} app_calibration;

#define APP_CALIBRATED ".safetensors"

// NN_EINVAL when the models of this task have no thresholds, or the file another ending.
nn_status app_calibrate_check(const nn_evaluator *task, const char *out, nn_error *err);
// Chooses thresholds by an evaluation that is complete, prints them, and writes the model, which is
// read once more, with them. Weights stay as they are.
nn_status app_calibrate(const nn_evaluation *e, const app_model_source *from,
                        const app_calibration *how, FILE *out, nn_error *err);

#endif
