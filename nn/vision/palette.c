// SPDX-License-Identifier: MIT
// The colours of classes and tracks.
#include "nn/vision/palette.h"

uint32_t nn_palette(int index)
{
    static const uint32_t colours[] = {
        0x2ee65c, 0xff9f1c, 0x3aa0ff, 0xff4d6d, 0xf6e23a, 0xb45cff,
        0x19e0d2, 0xff6f3c, 0x9be22d, 0xff5cd6, 0x7d8bff, 0xd9a066,
    };
    return colours[(uint32_t)index % (sizeof colours / sizeof *colours)];
}

bool nn_palette_is_bright(uint32_t rgb)
{
    return 299 * (rgb >> 16 & 255) + 587 * (rgb >> 8 & 255) + 114 * (rgb & 255) > 128 * 1000;
}
