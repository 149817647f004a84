// SPDX-License-Identifier: MIT
// The folders that a model is scored on, with their classes matched to the model's labels.
#ifndef APP_DATA_EVALUATE_DATA_H
#define APP_DATA_EVALUATE_DATA_H

#include "app/data/data_options.h"
#include "nn/graph/card.h"

// Reads the folders among the sources into `data` (initialised). Classes that the files name are
// matched to the card's labels by name, whatever their order; numbers as app_data_options_map says.
// What the card recorded about its training helps. NN_EINVAL, and a text that lists both, when the
// classes of a folder are not those of the model: for classifiers any that is no label and that
// no --map rule speaks about, for detectors (the others are background) all of them.
nn_status app_evaluate_load(const app_data_options *s, const nn_card *card, nn_dataset *data,
                            nn_error *err);

#endif
