// SPDX-License-Identifier: MIT
// Pictures without any object of a detector's classes: every detection there is wrong.
#ifndef NN_DATA_NEGATIVES_H
#define NN_DATA_NEGATIVES_H

#include "nn/base/api.h"
#include "nn/data/dataset.h"

// Adds all pictures of a folder, or of its images/, as pictures without boxes; label files are not
// read. NN_ENOTFOUND when there is no picture.
NN_API nn_status nn_dataset_add_pictures(nn_dataset *d, const char *path, const nn_source *source,
                                         nn_error *err);

// Adds `count` drawn pictures, which stay in memory: test cards, ramps, gratings, noise, text. The
// seed decides which.
NN_API nn_status nn_dataset_add_patterns(nn_dataset *d, const nn_source *source, int count,
                                         uint64_t seed, nn_error *err);

#endif
