// SPDX-License-Identifier: MIT
// Contact sheets of the views that a training uses.
#ifndef APP_REPORT_AUGMENT_SHEET_H
#define APP_REPORT_AUGMENT_SHEET_H

#include "app/report/task.h"
#include "nn/data/augment/augment.h"
#include "nn/data/folder.h"

typedef struct app_augment_sheet {
    nn_dataset *data;
    const nn_names *labels;
    const app_task *task;
    int input_w, input_h; // of inference, pixels
    int view_w, view_h;   // of training, pixels
    int rows, columns;    // rows: pictures; columns: the inference view, then random views
    uint64_t seed;
    nn_augment_options augment; // with mean 0 and std 1
} app_augment_sheet;

// Writes a PNG with a row for each picture, in the order of the first epoch with that seed.
// NN_EINVAL when the sheet would be larger than 30000 pixels.
nn_status app_augment_sheet_write(const app_augment_sheet *job, const char *path, nn_error *err);

#endif
