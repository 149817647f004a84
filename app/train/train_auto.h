// SPDX-License-Identifier: MIT
// The values of `--lr auto` and `--batch auto`.
#ifndef APP_TRAIN_TRAIN_AUTO_H
#define APP_TRAIN_TRAIN_AUTO_H

#include "app/train/train_run.h"

// Chooses the batch size after the data were read and before the trainer is made: with --resume
// that of the checkpoint, otherwise one that fits into free memory. Prints it.
nn_status app_train_choose_batch(app_train *t, nn_error *err);
// Chooses the learning rate by a sweep before the first step, prints it and writes WORK/lr.csv.
// Does nothing after a resume and without --lr auto.
nn_status app_train_choose_rate(app_train *t, const volatile sig_atomic_t *stop, nn_error *err);

#endif
