// SPDX-License-Identifier: MIT
// e to the power of x, right in all but a few of the last bits of float.
#include <stdint.h>

// 2^k of whole k, times the Taylor series of what is left, |r| <= ln 2 / 2.
static float exponential(float x)
{
    // 1 / n!
    static const double series[] = {1.0,         1.0,          1.0 / 2,       1.0 / 6,
                                    1.0 / 24,    1.0 / 120,    1.0 / 720,     1.0 / 5040,
                                    1.0 / 40320, 1.0 / 362880, 1.0 / 3628800, 1.0 / 39916800};
    const double log2e = 1.4426950408889634, ln2 = 0.69314718055994531;
    const double v = x < -104 ? -104 : x > 89 ? 89 : (double)x;
    const int32_t k = (int32_t)(v * log2e + (v < 0 ? -0.5 : 0.5));
    const double r = v - k * ln2;
    double sum = series[11];
    for (int n = 10; n >= 0; n--)
        sum = sum * r + series[n];
    const union {
        uint64_t bits;
        double number;
    } power = {(uint64_t)(1023 + k) << 52};
    return (float)(sum * power.number);
}
