// SPDX-License-Identifier: MIT
// The curves of a training: loss, scores and learning rate over the epochs.
#ifndef APP_REPORT_REPORT_CURVES_H
#define APP_REPORT_REPORT_CURVES_H

#include "nn/base/status.h"

// Draws WORK_DIR/curves.png and curves.svg from WORK_DIR/history.csv; each file is complete at any
// time. `title` may be NULL. Columns are found by name: those with "loss" in them, the scores of
// classifiers and detectors, "rate" or "lr", also with "train_" or "val_" in front. Empty cells are
// skipped. Every failure is a status with a text (no history yet, a build without PLplot:
// NN_EUNSUPPORTED, a full disk), so that the training can go on. Only one thread of a process may
// call it.
nn_status app_report_curves(const char *work_dir, const char *title, nn_error *err);
// Draws WORK_DIR/lr.png from WORK_DIR/lr.csv, the sweep of --lr auto, with a mark at the rate that
// was found. As above; NN_EIO where there was no sweep.
nn_status app_report_rates(const char *work_dir, double found, nn_error *err);

#endif
