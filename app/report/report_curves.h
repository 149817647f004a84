// SPDX-License-Identifier: MIT
// The curves of a training: loss, scores and learning rate over the epochs.
#ifndef APP_REPORT_REPORT_CURVES_H
#define APP_REPORT_REPORT_CURVES_H

#include "nn/base/status.h"

// Draws WORK_DIR/curves.png and curves.svg from WORK_DIR/history.csv; each file is whole at any
// time. `title` may be NULL. Columns are found by their names: those with "loss" in them, the
// scores of classifiers and detectors, "rate" or "lr"; with "train_" or "val_" in front; empty
// cells are left out. A training that cannot draw goes on: whatever fails (no history yet, a build
// without PLplot: NN_EUNSUPPORTED, a full disk) is a status and a text. On one thread of a process
// only.
nn_status app_report_curves(const char *work_dir, const char *title, nn_error *err);

#endif
