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
typedef union fused_number {
    float number;
    uint32_t bits;
} fused_number;

// A finite float is mantissa * 2^power, as signed whole numbers.
static int64_t fused_mantissa(fused_number x, int *power)
{
    const int exponent = (int)(x.bits >> 23 & 255);
    const int64_t mantissa = (x.bits & 0x7fffff) | (exponent ? 0x800000 : 0);
    *power = (exponent ? exponent : 1) - 150;
    return x.bits >> 31 ? -mantissa : mantissa;
}

// n / 2^shift, the last bit set where bits are lost: what rounds later then rounds right.
static int64_t fused_shift(int64_t n, int shift)
{
    if (shift > 62)
        return n < 0 ? -1 : n != 0;
    const int64_t whole = n >> shift;
    return whole | (n - whole * ((int64_t)1 << shift) != 0);
}

static int fused_length(uint64_t n)
{
    int length = 0;
    for (int step = 32; step > 0; step /= 2)
        if (n >> step) {
            n >>= step;
            length += step;
        }
    return length + (n != 0);
}

// n 2^power, rounded to the nearest float, halves to even.
static float fused_round(int64_t n, int power)
{
    const uint64_t size = n < 0 ? -(uint64_t)n : (uint64_t)n;
    int drop = fused_length(size) - 24;
    drop = power + drop < -149 ? -149 - power : drop;
    uint64_t mantissa = drop < 0 ? size << -drop : size;
    if (drop > 0) {
        const uint64_t half = drop > 63 ? 0 : (uint64_t)1 << (drop - 1);
        mantissa = drop > 63 ? 0 : size >> drop;
        const uint64_t rest = drop > 63 ? 0 : size & (2 * half - 1);
        mantissa += rest > half || (rest == half && half && (mantissa & 1));
    }
    const int exponent = power + drop + 150; // of a mantissa with its first bit
    fused_number result = {0};
    if (exponent > 254)
        result.bits = 0x7f800000;
    else if (mantissa >> 23)
        result.bits = ((uint32_t)exponent << 23) + (uint32_t)(mantissa - 0x800000);
    else
        result.bits = (uint32_t)mantissa;
    result.bits |= n < 0 ? 0x80000000 : 0;
    return result.number;
}

static float fused(float a, float b, float c)
{
    enum { ROOM = 14, MOST = 38 }; // bits that a product, c may move up within 62
    const fused_number x = {a}, y = {b}, z = {c};
    int x_power, y_power, power, z_power;
    int64_t product = fused_mantissa(x, &x_power) * fused_mantissa(y, &y_power);
    int64_t sum = fused_mantissa(z, &z_power);
    if (product == 0)
        return c;
    product *= (int64_t)1 << ROOM;
    power = x_power + y_power - ROOM;
    const int up = z_power - power;
    if (sum != 0 && up > MOST) {
        sum *= (int64_t)1 << MOST;
        product = fused_shift(product, up - MOST);
        power = z_power - MOST;
    } else {
        sum = up >= 0 ? sum * ((int64_t)1 << (up > MOST ? 0 : up)) : fused_shift(sum, -up);
    }
    return product + sum == 0 ? 0 : fused_round(product + sum, power);
}
#endif
