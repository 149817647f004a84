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
    int input_w, input_h; // of inference
    int view_w, view_h;   // of training
    int rows, columns;    // rows: pictures; columns: inference and random views
    uint64_t seed;
    nn_augment_options augment; // mean 0, std 1
} app_augment_sheet;

// Writes a PNG with a row for each picture, in the order of the seed's first epoch: first as in
// inference, then random views. NN_EINVAL when the sheet would be larger than 30000 pixels.
nn_status app_augment_sheet_write(const app_augment_sheet *job, const char *path, nn_error *err);

#endif
