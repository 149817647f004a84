// SPDX-License-Identifier: MIT
// The reader of COCO's JSON for both formats, boxes and masks.
#ifndef NN_DATA_COCO_READ_H
#define NN_DATA_COCO_READ_H

#include "nn/data/folder.h"

// As nn_data_format.recognise.
bool nn_coco_recognise(const char *path);
nn_status nn_coco_add(nn_dataset *d, const nn_folder *f, nn_data_kind kind, nn_error *err);
nn_status nn_coco_splits(const nn_folder *f, bool there[NN_SPLITS], nn_error *err);
// Appends the names of the categories.
nn_status nn_coco_names(const nn_folder *f, nn_names *names, nn_error *err);

#endif
