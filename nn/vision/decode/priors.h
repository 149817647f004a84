// SPDX-License-Identifier: MIT
// Private to nn/vision/decode: two outputs, probabilities N x A x (1 + classes) with the background
// first and boxes N x A x 4, corners x0, y0, x1, y1 of the input as 0 .. 1.
#ifndef NN_VISION_DECODE_PRIORS_H
#define NN_VISION_DECODE_PRIORS_H

#include "nn/vision/decode/layout.h"

typedef struct nn_priors {
    const nn_head_output *scores, *boxes;
    int classes; // without background; 0: other outputs
} nn_priors;

// Finds out which output is which: by the last dimension, or by name ("box") when both have four
// columns.
nn_priors nn_priors_find(const nn_head_output *outputs, int n);
// Adds every class of every anchor of sample `item` above the threshold.
void nn_priors_decode(const nn_decoder *self, const nn_head_output *outputs, int n, int item,
                      const nn_letterbox *l, const nn_decode_options *options,
                      nn_candidates *candidates);

#endif
