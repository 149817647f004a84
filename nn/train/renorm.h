// SPDX-License-Identifier: MIT
// Restores batch norms that were folded into convolutions for inference.
#ifndef NN_TRAIN_RENORM_H
#define NN_TRAIN_RENORM_H

#include "nn/base/api.h"
#include "nn/train/trainer.h"

// Replaces *m by the same network with a batch norm, "NAME.norm", behind every convolution NAME
// without one, before its activation. The last layers get none, nor do maps that have one cell at
// an input of h x w. The norms have no effect yet: outputs stay bit-equal. *added gets their
// number.
NN_API nn_status nn_add_norms(nn_model **m, int h, int w, int *added, nn_error *err);

// Sets mean and variance of these norms, in the trainer's model and its average, from their inputs
// over the first `batches` batches, with the scale and shift that undo them. In inference outputs
// stay the same (up to 1e-9 for values that close to zero). In training the norms work like those
// that were folded (Ioffe, Szegedy 2015). To be called before the first step of a new training,
// whose steps it does not change.
NN_API nn_status nn_trainer_set_norms(nn_trainer *t, int batches, nn_error *err);

#endif
