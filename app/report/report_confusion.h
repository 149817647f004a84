// SPDX-License-Identifier: MIT
// Draws a confusion matrix.
#ifndef APP_REPORT_REPORT_CONFUSION_H
#define APP_REPORT_REPORT_CONFUSION_H

#include "nn/eval/box_confusion.h"
#include "nn/eval/class_metrics.h"

enum { APP_CONFUSION_MOST = 100 };

typedef struct app_confusion {
    int classes;          // rows: true classes; columns: predicted classes
    bool background;      // the last class is background: no object, or no prediction
    char *const *labels;  // of the classes without background
    const char *title;    // such as "91.2 % of 102 pictures are right"
    const char *subtitle; // explains how to read the matrix
    int64_t (*count)(const void *ctx, int truth, int predicted);
    const void *ctx;
} app_confusion;

// Writes a PNG with a row for each true class and a column for each predicted class. Cells show
// counts and, where there is room, percentages of the row. Of more than APP_CONFUSION_MOST classes
// it shows those with the most mistakes, and says so.
nn_status app_report_confusion(const char *path, const app_confusion *m, nn_error *err);

// Draws the confusion matrix of a classifier; it counts pictures.
nn_status app_report_class_confusion(const char *path, const nn_class_metrics *m,
                                     char *const *labels, nn_error *err);
// Draws the confusion matrix of a detector; it counts objects, and has background.
nn_status app_report_box_confusion(const char *path, const nn_box_confusion *c, char *const *labels,
                                   nn_error *err);

#endif
