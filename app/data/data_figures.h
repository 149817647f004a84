// SPDX-License-Identifier: MIT
// Figures about a data set: examples, positions and sizes of boxes, suspicious labels.
#ifndef APP_DATA_DATA_FIGURES_H
#define APP_DATA_DATA_FIGURES_H

#include "app/data/data_print.h"

// Writes examples.png, boxes.png (when there are boxes) and label-issues.png (when there are
// suspicious labels) into a folder, which is created when it is missing.
nn_status app_data_figures(const char *dir, const app_data_findings *f, nn_error *err);

#endif
