// SPDX-License-Identifier: MIT
// The colours of classes and tracks in all drawings.
#ifndef NN_VISION_PALETTE_H
#define NN_VISION_PALETTE_H

#include "nn/base/api.h"

#include <stdbool.h>
#include <stdint.h>

// 0xRRGGBB of class or track `index`, any int. Colours never change, and those of neighbouring
// indices differ well.
NN_API uint32_t nn_palette(int index);
// Whether black text is more readable on this colour than white text.
NN_API bool nn_palette_is_bright(uint32_t rgb);

#endif
