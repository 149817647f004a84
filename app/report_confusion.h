// SPDX-License-Identifier: MIT
// The confusion matrix of a classifier as a picture.
#ifndef APP_REPORT_CONFUSION_H
#define APP_REPORT_CONFUSION_H

#include "nn/train/class_metrics.h"

enum { APP_CONFUSION_MOST = 100 };

// Writes a PNG: a row for each true class, a column for each predicted one, in the cells pictures
// and their part of the row in per cent, as far as there is room. Of more than APP_CONFUSION_MOST
// classes those with the most mistakes are shown, and the title says so.
nn_status app_report_confusion(const char *path, const nn_class_metrics *m, char *const *labels,
                               nn_error *err);

#endif
