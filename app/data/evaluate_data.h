// SPDX-License-Identifier: MIT
// Reads the data for an evaluation and matches its classes to the labels of the model.
#ifndef APP_DATA_EVALUATE_DATA_H
#define APP_DATA_EVALUATE_DATA_H

#include "app/data/data_options.h"
#include "nn/graph/card.h"

// Reads the sources into `data` (initialised). Named classes are matched to the labels of the card
// by name; class numbers are named as in app_data_options_map, with the card's record of its
// training. NN_EINVAL, with a text that lists both, when classes do not fit: for a classifier, a
// class that is no label and has no --map rule; for a detector, whose other classes are background,
// only when no class fits.
nn_status app_evaluate_load(const app_data_options *s, const nn_card *card, nn_dataset *data,
                            nn_error *err);

// The task that the labels of a folder are for, "classify" (g_free).
nn_status app_data_find_task(char **task, const char *folder, nn_error *err);

#endif
