// SPDX-License-Identifier: MIT
// The table of a training: one CSV row every few steps, validation scores on their own rows' end.
#ifndef APP_HISTORY_H
#define APP_HISTORY_H

#include "nn/base/status.h"

#include <stdbool.h>

#include <stdint.h>
#include <stdio.h>

typedef struct app_history {
    FILE *file;
    char *path;
} app_history;

typedef struct app_history_row {
    int64_t step;
    double epoch, rate, loss, cls, box, grad_norm, images_per_second, seconds;
    double ap50, ap; // negative: no validation here, written as empty cells
} app_history_row;

// Opens DIR/history.csv. Rows of steps beyond `step` (of a training that went on after the
// checkpoint that is now resumed) are removed; step 0 starts a new table.
nn_status app_history_open(app_history *h, const char *dir, int64_t step, nn_error *err);
nn_status app_history_add(app_history *h, const app_history_row *row, nn_error *err);
void app_history_close(app_history *h);

#endif
