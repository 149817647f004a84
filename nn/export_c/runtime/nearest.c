// SPDX-License-Identifier: MIT
// The nearest whole number of |x| < 2^22, halves to even.
#include <stdint.h>

static int32_t nearest(float x)
{
    const float shift = 12582912.0f; // 1.5 * 2^23: no bits behind the point
    const float whole = x + shift;
    return (int32_t)(whole - shift);
}
