// SPDX-License-Identifier: MIT
// Class-balanced sampling: every class is equally likely, however rare it is.
#ifndef NN_DATA_BALANCE_H
#define NN_DATA_BALANCE_H

#include "nn/base/rng.h"
#include "nn/data/dataset.h"

// Draws a class of the boxes (`boxes`) or of the pictures, each equally likely, and then a sample
// of this class. False when there are no classes; then nothing is changed or drawn.
bool nn_balance_pick(const nn_dataset *d, bool boxes, nn_rng *rng, int *index, int32_t *label);

#endif
