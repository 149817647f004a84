// SPDX-License-Identifier: MIT
// How large the objects of a data set are in the input of a network.
#ifndef NN_TRAIN_OBJECT_SIZES_H
#define NN_TRAIN_OBJECT_SIZES_H

#include "nn/data/dataset.h"
#include "nn/graph/card.h"

// Writes the percentiles of nn_card.object_sizes for the card's input size; all 0 without objects.
// Boxes that training ignores do not count. NN_ENOMEM.
nn_status nn_dataset_object_sizes(const nn_dataset *d, nn_card *card, nn_error *err);

#endif
