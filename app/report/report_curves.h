// SPDX-License-Identifier: MIT
// The curves of a training: losses, scores and learning rate over the epochs.
#ifndef APP_REPORT_REPORT_CURVES_H
#define APP_REPORT_REPORT_CURVES_H

#include "nn/base/status.h"

// Draws WORK_DIR/curves.png and curves.svg from WORK_DIR/history.csv. Each file is complete at any
// time. `title` may be NULL. Columns are found by name: losses (names with "loss"), scores of each
// task, "rate" or "lr"; "train_" or "val_" may precede the name. Empty cells are skipped. Every
// failure is a status with a text, so that training can go on: no history yet, a full disk, a build
// without PLplot (NN_EUNSUPPORTED). Only one thread of a process may call it.
nn_status app_report_curves(const char *work_dir, const char *title, nn_error *err);
// Draws WORK_DIR/lr.png from WORK_DIR/lr.csv, the sweep of --lr auto, with a mark at the learning
// rate `found`. Failures as above; NN_EIO without a sweep.
nn_status app_report_rates(const char *work_dir, double found, nn_error *err);

#endif
