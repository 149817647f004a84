// SPDX-License-Identifier: MIT
// Drawn pictures without objects: test cards, ramps, gratings, noise, text.
#ifndef NN_DATA_PATTERNS_H
#define NN_DATA_PATTERNS_H

#include <stdint.h>

// Draws pattern `index` into rgb (3 x width x height, a byte each); returns the name of its kind.
const char *nn_pattern_draw(uint8_t *rgb, int width, int height, int index, uint64_t seed);

#endif
