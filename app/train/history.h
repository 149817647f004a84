// SPDX-License-Identifier: MIT
// The table of a training: a CSV row an epoch, with empty cells where nothing was validated.
#ifndef APP_TRAIN_HISTORY_H
#define APP_TRAIN_HISTORY_H

#include "nn/train/run.h"

#include <stdio.h>

typedef struct app_history {
    FILE *file;
    char *path;
    const nn_train_task *task;
} app_history;

// Opens DIR/history.csv, whose columns are "step,epoch,rate,loss", two of the loss, "grad_norm,
// images_per_second,seconds" and the scores, as `task` names them. Rows of steps beyond `step` (of
// a training that went on after the checkpoint that is now resumed) are removed; step 0 starts a
// new table.
nn_status app_history_open(app_history *h, const char *dir, const nn_train_task *task, int64_t step,
                           nn_error *err);
// After an epoch.
nn_status app_history_add(app_history *h, const nn_train_state *epoch, nn_error *err);
void app_history_close(app_history *h);

#endif
