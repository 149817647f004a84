// SPDX-License-Identifier: MIT
// What a training says on stderr while it runs: a bar an epoch, which ends as a line.
#ifndef APP_TRAIN_TRAIN_SHOW_H
#define APP_TRAIN_TRAIN_SHOW_H

#include "app/train/train_run.h"

void app_train_add_step(app_train_totals *s, const nn_trainer_report *r);
// To and from what checkpoints keep.
void app_train_put_totals(double sums[NN_CHECKPOINT_SUMS], const app_train_totals *s);
void app_train_get_totals(app_train_totals *s, const double sums[NN_CHECKPOINT_SUMS]);
// Pictures a second since it began.
double app_train_pace(const app_train *t, const app_train_totals *s);

// After a step that was added; begins the bar of an epoch with its first one.
void app_train_show_step(app_train *t);
// After an epoch and its validation: a line in place of the bar.
void app_train_show_epoch(app_train *t, const app_history_row *row, const app_train_totals *s);

#endif
