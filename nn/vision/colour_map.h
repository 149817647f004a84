// SPDX-License-Identifier: MIT
// Colour maps for numbers, whose steps look equally large: heat, signed values, grey.
#ifndef NN_VISION_COLOUR_MAP_H
#define NN_VISION_COLOUR_MAP_H

#include "nn/base/api.h"

#include <stdint.h>

enum { NN_COLOUR_STEPS = 256 };

typedef enum nn_colour_map {
    NN_COLOUR_HEAT,   // nearly black, violet, red, orange, light yellow: from nothing to much
    NN_COLOUR_SIGNED, // blue, white, red: below, at and above zero, which is in the middle
    NN_COLOUR_GREY,   // black to white
    NN_COLOUR_MAP_COUNT
} nn_colour_map;

// Fills `rgb` with 0xRRGGBB from the lowest value to the highest. Neighbours have the same distance
// in OKLab (Ottosson 2020, A perceptual color space for image processing), and lightness grows all
// the way (towards white in the middle of NN_COLOUR_SIGNED), so that it reads without colours, too.
NN_API void nn_colour_map_fill(nn_colour_map map, uint32_t rgb[NN_COLOUR_STEPS]);

#endif
