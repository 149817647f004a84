// SPDX-License-Identifier: MIT
// A detector from elsewhere: for one picture, blue first, activations within nodes, outputs as
// NanoDet has them.
#ifndef TESTS_SUPPORT_FOREIGN_H
#define TESTS_SUPPORT_FOREIGN_H

#include "nn/graph/model.h"

enum { FOREIGN_SIDE = 96, FOREIGN_CLASSES = 3 }; // "Cat", "motorbike", "dog"

// With this many levels, 1 to 3, from 1/8 on; 3 are what the decoder "nanodet" reads. The output
// is 1 x points x (classes + 4 * 8 bins). Weights are random, always the same.
nn_model *foreign_detector(int levels);

#endif
