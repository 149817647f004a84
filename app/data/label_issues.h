// SPDX-License-Identifier: MIT
// Labels that disagree with a detector, most suspicious first.
#ifndef APP_DATA_LABEL_ISSUES_H
#define APP_DATA_LABEL_ISSUES_H

#include "app/cli/progress.h"
#include "nn/data/dataset.h"
#include "nn/predict/detector.h"

#include <glib.h>

typedef enum app_label_issue_kind {
    APP_LABEL_MISSING,     // a detection without a label
    APP_LABEL_SPURIOUS,    // a label without a detection
    APP_LABEL_WRONG_CLASS, // a label with a detection of another class
} app_label_issue_kind;

typedef struct app_label_issue {
    app_label_issue_kind kind;
    int sample;
    float x0, y0, x1, y1; // pixels of the full picture
    int label, seen;      // label of the data, label of the detection; -1: none
    float score;          // 0 to 1; 1: the label is certainly wrong
} app_label_issue;

extern const char *const app_label_issue_names[3];

// Runs the detector over all pictures. Classes are matched by name; those that only one side has
// are not compared. *label_issues: array of app_label_issue (g_array_unref).
nn_status app_label_issues_find(GArray **label_issues, nn_detector *model, nn_dataset *data,
                                const nn_names *labels, app_progress *progress, nn_error *err);

#endif
