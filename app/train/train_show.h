// SPDX-License-Identifier: MIT
// Prints a running training on stderr: a progress bar for each epoch, replaced by a line at its
// end.
#ifndef APP_TRAIN_TRAIN_SHOW_H
#define APP_TRAIN_TRAIN_SHOW_H

#include "app/train/train_run.h"

// Updates the bar after a step; the first step of an epoch begins it.
void app_train_show_step(app_train *t, const nn_train_state *s);
// nn_training_options.validate with an app_train: a progress bar over pictures.
void app_train_show_validation(void *t, int done, int total);
// Replaces the bar by a line, after an epoch and its validation.
void app_train_show_epoch(app_train *t, const nn_train_state *s);

#endif
