// SPDX-License-Identifier: MIT
// Class-balanced sampling: every class is equally likely, however rare.
#ifndef NN_DATA_BALANCE_H
#define NN_DATA_BALANCE_H

#include "nn/base/rng.h"
#include "nn/data/dataset.h"

// Draws a class uniformly, among those of boxes (`boxes`) or of whole pictures, and a sample with
// that class. False when there are no classes; the random state is then unchanged.
bool nn_balance_pick(const nn_dataset *d, bool boxes, nn_rng *rng, int *index, int32_t *label);

#endif
