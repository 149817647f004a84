// SPDX-License-Identifier: MIT
// The start of a training by nn_train: first weights, and the options of random views.
#ifndef NN_API_TRAIN_START_H
#define NN_API_TRAIN_START_H

#include "nn/data/augment/augment_options.h"
#include "nn/graph/model.h"

// Copies the parameters of a model file, or of an installed model, whose names and shapes are those
// of `m`; mean and std, too, when it is the same network. NN_ENOTFOUND when no parameter fits.
nn_status nn_train_take_weights(nn_model *m, const char *name, nn_error *err);

// Sets `set` (nn_augment_preset) and then `options`, "angle=20 mosaic=0.3"; both may be NULL.
// NN_EINVAL names an option that does not exist or whose value makes no sense.
nn_status nn_train_set_views(nn_augment_options *o, const char *set, const char *options,
                             bool for_classifier, nn_error *err);

#endif
