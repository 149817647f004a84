// SPDX-License-Identifier: MIT
// Private to checkpoints: a training goes on with another number of epochs than it was begun with.
#ifndef NN_TRAIN_MORE_EPOCHS_H
#define NN_TRAIN_MORE_EPOCHS_H

#include "nn/train/settings.h"
#include "nn/train/trainer_internal.h"

// The epochs that a checkpoint with these lines of settings was begun with; 0: it does not say.
int nn_more_epochs_then(const char *lines);
// Lets settings differ that follow from the number of epochs, unless they were asked for.
void nn_more_epochs_allow(nn_settings *s, const nn_trainer *t);
// Tells the notes of the data what becomes of the learning rate at `step` of the checkpoint at
// `path`, which is all that changes. NN_EINVAL: the new number is over.
nn_status nn_more_epochs_tell(const nn_trainer *t, int64_t step, int then, const char *path,
                              nn_error *err);

#endif
