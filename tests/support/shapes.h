// SPDX-License-Identifier: MIT
// Pictures of one shape each with captions: 6 shapes x 6 colours x 4 places x 2 sizes.
#ifndef TESTS_SUPPORT_SHAPES_H
#define TESTS_SUPPORT_SHAPES_H

#include "nn/data/dataset.h"

enum { SHAPES_COMBINATIONS = 6 * 6 * 4 * 2, SHAPES_TEXT = 64 };

// "a small red circle on the left" for combination 0 .. SHAPES_COMBINATIONS - 1.
void shapes_text(char text[SHAPES_TEXT], int combination);
// Marks a fifth of the combinations, drawn by `seed`.
void shapes_hold_back(bool held[SHAPES_COMBINATIONS], uint64_t seed);
// Adds `each` pictures of side x side of every combination with held[c] == wanted, different ones
// by `seed`. The test fails where memory is short.
void shapes_add(nn_dataset *d, int side, int each, const bool *held, bool wanted, uint64_t seed);

#endif
