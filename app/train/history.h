// SPDX-License-Identifier: MIT
// The table of a training: a CSV row for each epoch. Cells stay empty where nothing was validated.
#ifndef APP_TRAIN_HISTORY_H
#define APP_TRAIN_HISTORY_H

#include "nn/train/run.h"

#include <stdio.h>

typedef struct app_history {
    FILE *file;
    char *path;
    const nn_train_task *task;
} app_history;

// Opens DIR/history.csv. Columns: "step,epoch,rate,loss", two parts of the loss, "grad_norm,
// images_per_second,seconds", and the scores, as `task` names them. Removes rows after `step`, the
// step of the checkpoint that is resumed. Step 0 starts a new table.
nn_status app_history_open(app_history *h, const char *dir, const nn_train_task *task, int64_t step,
                           nn_error *err);
// Adds the row of an epoch.
nn_status app_history_add(app_history *h, const nn_train_state *epoch, nn_error *err);
void app_history_close(app_history *h);

#endif
