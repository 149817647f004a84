// SPDX-License-Identifier: MIT
// Labels that a detector disagrees with, the most doubtful first.
#ifndef APP_DATA_LABEL_ISSUES_H
#define APP_DATA_LABEL_ISSUES_H

#include "app/cli/progress.h"
#include "nn/data/dataset.h"
#include "nn/predict/detector.h"

#include <glib.h>

typedef enum app_label_issue_kind {
    APP_DOUBT_MISSING, // something is found where no label is
    APP_DOUBT_NOTHING, // a label where nothing is found
    APP_DOUBT_CLASS,   // a label where something of another class is found
} app_label_issue_kind;

typedef struct app_label_issue {
    app_label_issue_kind kind;
    int sample;
    float x0, y0, x1, y1; // pixels of the picture
    int label, seen;      // that it has, that the model finds; -1: none
    float doubt;          // 0 .. 1
} app_label_issue;

extern const char *const app_label_issue_names[3];

// Runs the detector, whose labels are matched to the data's by name, over all pictures; labels and
// finds of classes that only one of them has are not judged. *doubts: of app_label_issue;
// g_array_unref.
nn_status app_label_issues_find(GArray **doubts, nn_detector *model, nn_dataset *data,
                                const nn_names *labels, app_progress *progress, nn_error *err);

#endif
