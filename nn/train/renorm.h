// SPDX-License-Identifier: MIT
// Batch norms put back behind convolutions that inference has folded them into.
#ifndef NN_TRAIN_RENORM_H
#define NN_TRAIN_RENORM_H

#include "nn/base/api.h"
#include "nn/train/trainer.h"

// Replaces *m by the same network with a batch norm, "NAME.norm", behind every convolution NAME
// that has none, in front of its activation; not behind the last layers, nor where a map of the
// input h x w has one cell. They do nothing yet: outputs stay the same, bit by bit. *added gets how
// many there are.
NN_API nn_status nn_add_norms(nn_model **m, int h, int w, int *added, nn_error *err);

// Gives those norms in the trainer's model and average the mean and variance of what comes in, over
// its first `batches` batches, with the scale and shift that undo them: outside training, outputs
// stay the same (up to 1e-9 where a value is that close to zero); in training, the norms work as
// those that were folded (Ioffe, Szegedy 2015). Before the first step of a new training; the steps
// are those that would have been taken anyway.
NN_API nn_status nn_trainer_set_norms(nn_trainer *t, int batches, nn_error *err);

#endif
