// SPDX-License-Identifier: MIT
// What about the data of a training would mislead, said or refused before the first epoch.
#ifndef APP_TRAIN_TRAIN_CHECK_H
#define APP_TRAIN_TRAIN_CHECK_H

#include "app/train/train_run.h"

// NN_EINVAL when a list of pictures is also the one to validate on.
nn_status app_train_check_lists(const app_train *t, nn_error *err);
// After the labels are known: NN_EINVAL for a classifier of one class.
nn_status app_train_check_classes(const app_train *t, nn_error *err);
// After the data were read: NN_EINVAL when no picture has a label. Warns of validation pictures
// that are training pictures, too, by name or because they look the same; of classes without
// pictures, very rare ones, and few pictures for validation.
nn_status app_train_check_data(app_train *t, nn_error *err);

#endif
