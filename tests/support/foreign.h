// SPDX-License-Identifier: MIT
// A detector as other engines export it: batch 1, BGR, activations inside of nodes, outputs like
// NanoDet's.
#ifndef TESTS_SUPPORT_FOREIGN_H
#define TESTS_SUPPORT_FOREIGN_H

#include "nn/graph/model.h"

enum { FOREIGN_SIDE = 96, FOREIGN_CLASSES = 3 }; // "Cat", "motorbike", "dog"

// With this many levels, 1 to 3, from 1/8 on; 3 are what the decoder "nanodet" reads. The output
// is 1 x points x (classes + 4 * 8 bins). Weights are random, always the same.
nn_model *foreign_detector(int levels);
// One of three levels whose shapes, written down for one size, can be had for any.
nn_model *foreign_plain_detector(void);

// A detector without maps, which finds the same in every picture: with the head "ssd", boxes (as
// parts of the picture) of these classes and scores. Threshold 0.5.
typedef struct foreign_find {
    float x0, y0, x1, y1, score;
    int label;
} foreign_find;
nn_model *foreign_boxes(const foreign_find *finds, int count);

#endif
