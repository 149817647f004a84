// SPDX-License-Identifier: MIT
// The classes of a training.
#ifndef APP_TRAIN_TRAIN_CLASSES_H
#define APP_TRAIN_TRAIN_CLASSES_H

#include "app/train/train_run.h"

// Sets t->labels and t->rivals. Labels are those of --classes; else those of --init, when the data
// name no others; else those that the data name.
nn_status app_train_choose_labels(app_train *t, nn_error *err);

#endif
