// SPDX-License-Identifier: MIT
// The colours of classes and tracks, wherever they are drawn.
#ifndef NN_VISION_PALETTE_H
#define NN_VISION_PALETTE_H

#include "nn/base/api.h"

#include <stdbool.h>
#include <stdint.h>

// 0xRRGGBB for class or track `index`: the same for ever, neighbours well apart. Any int.
NN_API uint32_t nn_palette(int index);
// Whether black text reads better on this colour than white.
NN_API bool nn_palette_is_bright(uint32_t rgb);

#endif
