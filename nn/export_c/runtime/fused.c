// SPDX-License-Identifier: MIT
// a b + c with one rounding, as the engine multiplies and adds.
#include <stdint.h>

#if defined(__ARM_FEATURE_FMA) || defined(__FMA__)
#define HAVE_FUSED 1
static float fused(float a, float b, float c)
{
    return __builtin_fmaf(a, b, c);
}
#else
#define HAVE_FUSED 0
// The product is exact in double. The sum is rounded to odd, so that rounding it again to float
// gives what one rounding would (Boldo and Melquiond 2008).
static float fused(float a, float b, float c)
{
    const double product = (double)a * (double)b, sum = product + (double)c;
    const double part = sum - product;
    const double lost = (product - (sum - part)) + ((double)c - part);
    union {
        double number;
        uint64_t bits;
    } odd = {sum};
    if (lost != 0 && !(odd.bits & 1))
        odd.bits = (lost > 0) == (sum > 0) ? odd.bits + 1 : odd.bits - 1;
    return (float)odd.number;
}
#endif
