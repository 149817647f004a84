// SPDX-License-Identifier: MIT
// Pictures about a data set: examples, places and sizes of boxes, doubtful labels.
#ifndef APP_DATA_DATA_FIGURES_H
#define APP_DATA_DATA_FIGURES_H

#include "app/data/data_print.h"

// Writes examples.png and boxes.png (when there are boxes) and doubts.png (when there are doubts)
// into a folder, which is made when it is not there.
nn_status app_data_figures(const char *dir, const app_data_findings *f, nn_error *err);

#endif
