// SPDX-License-Identifier: MIT
// Draws samples so that every class is as likely as another, however rare it is.
#ifndef NN_DATA_BALANCE_H
#define NN_DATA_BALANCE_H

#include "nn/base/rng.h"
#include "nn/data/dataset.h"

// A class among those that the boxes (`boxes`) or the pictures themselves have, each as likely as
// another, then a sample with it. False without any; then nothing was changed or drawn.
bool nn_balance_pick(const nn_dataset *d, bool boxes, nn_rng *rng, int *index, int32_t *label);

#endif
