// SPDX-License-Identifier: MIT
// Which of several words was meant by one that is none of them.
#ifndef NN_BASE_SPELLING_H
#define NN_BASE_SPELLING_H

#include "nn/base/api.h"

// How many characters must be inserted, removed, replaced or swapped with the next to make one word
// of the other (optimal string alignment). Upper and lower case are alike, and so are '-' and '_'.
// Of words of more than 63 bytes the rest is not looked at.
NN_API int nn_spelling_distance(const char *a, const char *b);

// The word of the list that was most likely meant; NULL: none is near. Near is a third of the
// letters, or when one begins with all of the other.
NN_API const char *nn_spelling_nearest(const char *typed, const char *const *words, int count);

#endif
