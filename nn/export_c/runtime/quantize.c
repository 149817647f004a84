// SPDX-License-Identifier: MIT
// Real numbers as bytes, and back.
#include "nn/export_c/runtime/nearest.c"

static uint8_t quantize_one(float x, float scale, float zero)
{
    float v = x / scale;
    v = v > -zero ? v : -zero;
    v = v < 255 - zero ? v : 255 - zero;
    return (uint8_t)(nearest(v) + (int32_t)zero);
}
