// SPDX-License-Identifier: MIT
// Pictures of a report on segmentation.
#ifndef APP_REPORT_REPORT_MASKS_H
#define APP_REPORT_REPORT_MASKS_H

#include "app/eval/evaluate_masks.h"

// Writes a PNG with the worst pictures of an evaluation, each beside itself: what is there, and
// what the model says, in the colours of the classes. The model is run on them again.
nn_status app_report_worst_masks(const char *path, const app_mask_evaluation *e, nn_detector *d,
                                 nn_dataset *data, nn_error *err);
// The confusion matrix of the pixels.
nn_status app_report_mask_confusion(const char *path, const nn_mask_metrics *m, char *const *labels,
                                    nn_error *err);

#endif
