// SPDX-License-Identifier: MIT
// A factor and a sum for each channel of an image of bytes.
#include "nn/export_c/runtime/requant_byte.c"

static void run_affine_int8(const requant *r, int zero, const uint8_t *x, uint8_t *y, int channels,
                            int pixels)
{
    for (int i = 0; i < pixels; i++, x += channels, y += channels)
        for (int c = 0; c < channels; c++)
            y[c] = (uint8_t)requant_byte(r, c, x[c] - zero, 0);
}
