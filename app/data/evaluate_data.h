// SPDX-License-Identifier: MIT
// The data for an evaluation, with its classes matched to the labels of the model.
#ifndef APP_DATA_EVALUATE_DATA_H
#define APP_DATA_EVALUATE_DATA_H

#include "app/data/data_options.h"
#include "nn/graph/card.h"

// Reads the sources into `data` (initialised). Classes that files name are matched to the labels of
// the card by name, in any order; class numbers as in app_data_options_map, with the help of what
// the card recorded about its training. NN_EINVAL, with a text that lists both, when classes of a
// folder are not those of the model: for classifiers any class that is no label and has no --map
// rule; for detectors, where other classes are background, only if all of them differ.
nn_status app_evaluate_load(const app_data_options *s, const nn_card *card, nn_dataset *data,
                            nn_error *err);

#endif
