// SPDX-License-Identifier: MIT
// e to the power of x in float alone, right to a few of its last bits.
#include <stdint.h>

// 2^k of whole k, times the Taylor series of what is left, |r| <= ln 2 / 2; ln 2 in two parts, the
// first of few bits, so that its product with k is exact (Cody and Waite 1980).
static float exponential_float(float x)
{
    static const float series[] = {1,         1,          0.5f,       1.0f / 6,
                                   1.0f / 24, 1.0f / 120, 1.0f / 720, 1.0f / 5040};
    const float v = x < -87 ? -87 : x > 88 ? 88 : x;
    const int32_t k = (int32_t)(v * 1.44269504f + (v < 0 ? -0.5f : 0.5f));
    const float r = (v - (float)k * 0.693359375f) - (float)k * -2.12194440e-4f;
    float sum = series[7];
    for (int n = 6; n >= 0; n--)
        sum = sum * r + series[n];
    const union {
        uint32_t bits;
        float number;
    } power = {(uint32_t)(127 + k) << 23};
    return sum * power.number;
}
