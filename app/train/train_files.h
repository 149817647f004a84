// SPDX-License-Identifier: MIT
// What a training reads and writes besides its data: the model file and its format, and the work
// folder with checkpoints.
#ifndef APP_TRAIN_TRAIN_FILES_H
#define APP_TRAIN_TRAIN_FILES_H

#include "app/train/train_run.h"

// Before hours of training: chooses and locks the work folder, and claims the model file. A folder
// that the user named and that holds a training is refused without --resume or --force; beside the
// usual one that does, a new one with a number is begun, and --resume takes the latest. t->format
// is what the name of the model file says.
nn_status app_train_open_files(app_train *t, nn_error *err);

// Whether the format holds such a network: writes the model once, in the work folder.
nn_status app_train_try_format(const app_train *t, nn_error *err);

// Writes the model file in the format of its name, and into the work folder where that is, so that
// --resume knows it as its own.
nn_status app_train_finish_files(const app_train *t, const nn_model *m, nn_error *err);

#endif
