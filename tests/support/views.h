// SPDX-License-Identifier: MIT
// Small data sets in memory for tests of random views. The test fails where one cannot be made.
#ifndef TESTS_SUPPORT_VIEWS_H
#define TESTS_SUPPORT_VIEWS_H

#include "nn/data/augment/augment.h"

enum { VIEWS_SIDE = 48, VIEWS_PIXELS = VIEWS_SIDE * VIEWS_SIDE, VIEWS_CLASSES = 4 };

// An empty data set with one source.
void views_open(nn_dataset *d);
// A black picture with white boxes, and of a class.
void views_add(nn_dataset *d, int width, int height, int32_t class, const nn_truth *t, int count);
// Options with nothing random, levels as 0..1, inputs of VIEWS_SIDE.
nn_augment_options views_plain(void);
// A classifier's view of VIEWS_SIDE and VIEWS_CLASSES of a sample.
void views_draw(float *to, float *targets, nn_dataset *d, int index, const nn_augment_options *o,
                uint64_t seed);

#endif
