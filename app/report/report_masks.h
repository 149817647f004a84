// SPDX-License-Identifier: MIT
// Figures for reports on segmentation.
#ifndef APP_REPORT_REPORT_MASKS_H
#define APP_REPORT_REPORT_MASKS_H

#include "nn/data/dataset.h"
#include "nn/eval/mask_metrics.h"
#include "nn/predict/detector.h"

enum { APP_WORST_MASKS = 12 };

typedef struct app_worst_mask {
    int picture;  // index in the data set
    double wrong; // fraction of its pixels that is wrong
} app_worst_mask;

typedef struct app_worst_masks {
    app_worst_mask list[APP_WORST_MASKS]; // worst first; only pictures with mistakes
    int count;
} app_worst_masks;

// Writes a PNG with the worst pictures of a data set: true beside predicted mask, in the colours of
// the classes. Runs the model on them again.
nn_status app_report_worst_masks(const char *path, const app_worst_masks *w, nn_detector *d,
                                 nn_dataset *data, nn_error *err);
// Draws the confusion matrix of the pixels.
nn_status app_report_mask_confusion(const char *path, const nn_mask_metrics *m, char *const *labels,
                                    nn_error *err);

#endif
