// SPDX-License-Identifier: MIT
// The square root, rounded to the nearest float: Newton's method in double precision.
#include <stdint.h>
#include <string.h>

static float square_root(float x)
{
    enum { HALF_BIAS = 0x1FC00000, STEPS = 20 }; // enough for numbers with few bits
    if (!(x > 0) || x > 3.40282347e+38f)
        return x == 0 || x > 0 ? x : (x - x) / (x - x); // of negative ones none
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    bits = (bits >> 1) + HALF_BIAS; // half of the exponent
    float first;
    memcpy(&first, &bits, sizeof first);
    double y = (double)first;
    for (int i = 0; i < STEPS; i++)
        y = (y + (double)x / y) / 2;
    return (float)y;
}
