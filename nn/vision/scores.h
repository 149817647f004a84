// SPDX-License-Identifier: MIT
// Turns the outputs of a classifier into probabilities and picks the best classes.
#ifndef NN_VISION_SCORES_H
#define NN_VISION_SCORES_H

#include "nn/base/api.h"

#include <stdbool.h>

// Whether n numbers are in 0 .. 1 and add up to 1; logits practically never do.
bool nn_scores_are_probabilities(const float *x, int n);
// Softmax of n logits; probabilities are copied unchanged. `out` may be `x`.
void nn_scores_normalise(const float *x, int n, float *out);
// Indices of the `most` largest of n numbers, largest first; equal ones by lower index, NaN last.
// Returns the number of indices: the smaller of `most` and n.
NN_API int nn_scores_best(const float *x, int n, int *best, int most);

#endif
