// SPDX-License-Identifier: MIT
// From what a classifier puts out to probabilities, and the best of them.
#ifndef NN_VISION_SCORES_H
#define NN_VISION_SCORES_H

#include "nn/base/api.h"

#include <stdbool.h>

// Whether n numbers are 0 .. 1 and add up to 1 already: logits hardly ever do.
bool nn_scores_are_probabilities(const float *x, int n);
// Softmax of logits; probabilities are copied. `out` may be `x`.
void nn_scores_normalise(const float *x, int n, float *out);
// Indices of the `most` largest of n, largest first and of equal ones the lower index; NaN comes
// last. Returns how many were written: the smaller of `most` and n.
NN_API int nn_scores_best(const float *x, int n, int *best, int most);

#endif
