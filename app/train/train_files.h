// SPDX-License-Identifier: MIT
// Files of a training besides its data: the model file, and the work folder with checkpoints.
#ifndef APP_TRAIN_TRAIN_FILES_H
#define APP_TRAIN_TRAIN_FILES_H

#include "app/train/train_run.h"

// Chooses and locks the work folder, and claims the model file, before the training starts. A
// folder that the user named and that holds a training is refused without --resume or --force. The
// default folder gets a number instead when it holds a training; --resume takes the latest. Sets
// t->format by the ending of the model file.
nn_status app_train_open_files(app_train *t, nn_error *err);

// Checks that the format can hold the network, by writing it once in the work folder.
nn_status app_train_try_format(const app_train *t, nn_error *err);

// Writes the model file, and its path into the work folder, by which --resume recognises it.
nn_status app_train_finish_files(const app_train *t, const nn_model *m, nn_error *err);

#endif
