// SPDX-License-Identifier: MIT
// What `--lr auto` and `--batch auto` stand for.
#ifndef APP_TRAIN_TRAIN_AUTO_H
#define APP_TRAIN_TRAIN_AUTO_H

#include "app/train/train_run.h"

// Before the trainer is made and after the data were read: with --resume what the checkpoint has,
// otherwise a batch that the free memory and the data allow, and says which.
nn_status app_train_choose_batch(app_train *t, nn_error *err);
// Before the first step: finds the learning rate by a sweep, says which and writes it to
// WORK/lr.csv. Not after a resume, and not without --lr auto.
nn_status app_train_choose_rate(app_train *t, const volatile sig_atomic_t *stop, nn_error *err);

#endif
