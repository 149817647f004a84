// SPDX-License-Identifier: MIT
// Refuses data that cannot be learnt from, and warns of misleading data, before the first epoch.
#ifndef APP_TRAIN_TRAIN_CHECK_H
#define APP_TRAIN_TRAIN_CHECK_H

#include "app/train/train_run.h"

// NN_EINVAL when one list of pictures is used for training and for validation.
nn_status app_train_check_lists(const app_train *t, nn_error *err);
// Called when the labels are known. NN_EINVAL for a classifier with one class.
nn_status app_train_check_classes(const app_train *t, nn_error *err);
// Called after the data were read. NN_EINVAL when no picture has a label. Warns of validation
// pictures that are also training pictures (by name or look), of classes without examples, of very
// rare classes, and of too few validation pictures.
nn_status app_train_check_data(app_train *t, nn_error *err);

#endif
