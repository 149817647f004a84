// SPDX-License-Identifier: MIT
// Drawn pictures without things: test cards, ramps, gratings, noise, text.
#ifndef NN_DATA_PATTERNS_H
#define NN_DATA_PATTERNS_H

#include <stdint.h>

// Draws pattern number `index` into rgb (3 x width x height) and returns its kind's name.
const char *nn_pattern_draw(uint8_t *rgb, int width, int height, int index, uint64_t seed);

#endif
