// SPDX-License-Identifier: MIT
// An image of bytes times a float for each channel.
#include "nn/export_c/runtime/affine_int8.c"

// gate: of each channel, or one for all (each 0). scale: room for a float of each channel.
static void run_gate_int8(const requant *r, int zero, float unit, const uint8_t *x,
                          const float *gate, int each, uint8_t *y, float *scale, int channels,
                          int pixels)
{
    requant scaled = *r;
    for (int c = 0; c < channels; c++)
        scale[c] = unit * gate[each * c];
    scaled.scale = scale;
    scaled.each_scale = 1;
    run_affine_int8(&scaled, zero, x, y, channels, pixels);
}
