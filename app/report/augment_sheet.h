// SPDX-License-Identifier: MIT
// Contact sheets of the views that a training uses.
#ifndef APP_REPORT_AUGMENT_SHEET_H
#define APP_REPORT_AUGMENT_SHEET_H

#include "app/report/sheet.h"
#include "nn/data/augment/augment.h"
#include "nn/data/folder.h"

typedef struct app_augment_sheet {
    nn_dataset *data;
    const nn_names *labels;
    nn_data_kind kind;    // what the views are for
    int input_w, input_h; // of inference
    int view_w, view_h;   // of training
    int rows, columns;    // rows: pictures; columns: inference and random views
    uint64_t seed;
    nn_augment_options augment; // mean 0, std 1
} app_augment_sheet;

// Draws a row for each picture, in the order of the seed's first epoch: first as in inference, then
// random views.
nn_status app_augment_sheet_draw(app_sheet **out, const app_augment_sheet *job, nn_error *err);

#endif
