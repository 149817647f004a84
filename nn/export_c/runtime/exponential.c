// SPDX-License-Identifier: MIT
// e to the power of x, right in all but a few of the last bits of float.
#include <stdint.h>

// 2^k of whole k, times the Taylor series of what is left, |r| <= ln 2 / 2.
static float exponential(float x)
{
    const double log2e = 1.4426950408889634, ln2 = 0.69314718055994531;
    const double v = x < -104 ? -104 : x > 89 ? 89 : (double)x;
    const int32_t k = (int32_t)(v * log2e + (v < 0 ? -0.5 : 0.5));
    const double r = v - k * ln2;
    double sum = 1;
    for (int n = 11; n > 0; n--)
        sum = 1 + sum * r / n;
    const union {
        uint64_t bits;
        double number;
    } power = {(uint64_t)(1023 + k) << 52};
    return (float)(sum * power.number);
}
