// SPDX-License-Identifier: MIT
// What a training says on stderr while it runs: a bar an epoch, which ends as a line.
#ifndef APP_TRAIN_TRAIN_SHOW_H
#define APP_TRAIN_TRAIN_SHOW_H

#include "app/train/train_run.h"

// After a step; begins the bar of an epoch with its first one.
void app_train_show_step(app_train *t, const nn_train_state *s);
// nn_training_options.validate with an app_train: a bar of pictures.
void app_train_show_validation(void *t, int done, int total);
// After an epoch and its validation: a line in place of the bar.
void app_train_show_epoch(app_train *t, const nn_train_state *s);

#endif
