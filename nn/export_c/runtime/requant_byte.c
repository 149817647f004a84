// SPDX-License-Identifier: MIT
// A sum as a byte. Without fused multiplication of floats, whole numbers with 20 bits behind the
// point decide, and the few results that lie too near to a half are computed with the roundings of
// float.
#include "nn/export_c/runtime/requant.c"

#if !HAVE_FUSED
enum { POINT = 20, MANTISSA = 23, BIAS = 150 };
#define TOO_FAR ((int64_t)1 << 62)

// n x as a whole number of 2^-20, rounded down.
static int64_t requant_times(int32_t n, float x)
{
    const union {
        float number;
        uint32_t bits;
    } v = {x};
    const int shift = (int)(v.bits >> MANTISSA & 255) - BIAS + POINT;
    const int32_t mantissa = (int32_t)((v.bits & 0x7fffff) | 0x800000);
    const int64_t product = (int64_t)n * (v.bits >> 31 ? -mantissa : mantissa);
    if (shift > 6)
        return product > 0 ? TOO_FAR : product < 0 ? -TOO_FAR : 0;
    if (shift < -62)
        return 0;
    return shift < 0 ? product >> -shift : product * (1 << shift);
}

static int64_t requant_fixed_follow(const int32_t *curve, int64_t y)
{
    const int64_t floor = y >> POINT;
    const int piece = floor > 0 ? (floor < 31 ? (int)floor : 31) : 0;
    const int32_t t = (int32_t)(y - ((int64_t)piece << POINT));
    const int32_t *c = curve + 5 * piece;
    int32_t v = c[4];
    for (int i = 3; i > 0; i--)
        v = c[i] + (int32_t)((int64_t)t * v >> POINT);
    return c[0] + ((int64_t)t * v >> POINT);
}

// 0: these numbers are too large for the bits.
static int requant_fixed(const requant *r, int channel, int32_t sum, const uint8_t *skip,
                         int64_t *result)
{
    const int64_t limit = (int64_t)(r->curve ? 64 : 2048) << POINT;
    int64_t y = requant_times(sum, r->scale[r->each_scale * channel]);
    y += r->each_shift ? requant_times(1, r->shift[channel]) : r->whole_shift;
    if (skip) {
        if (y > limit || y < -limit)
            return 0;
        y += requant_times(*skip, r->skip_scale);
    }
    if (r->curve) {
        if (y > limit || y < -limit)
            return 0;
        y = requant_fixed_follow(r->whole_curve, y);
    } else if (r->slope > 0 && y < 0) {
        if (y < -limit)
            return 0;
        y = requant_times((int32_t)y, r->slope) >> POINT;
    }
    *result = y;
    return 1;
}

static int32_t requant_byte(const requant *r, int channel, int32_t sum, const uint8_t *skip)
{
    int64_t y;
    if (r->near < 1 << (POINT - 1) && requant_fixed(r, channel, sum, skip, &y)) {
        const int32_t half = 1 << (POINT - 1), mask = (1 << POINT) - 1;
        const int64_t up = y + half, whole = up >> POINT;
        const int32_t part = (int32_t)(up & mask);
        if (whole < r->least)
            return r->least + r->zero;
        if (whole > r->most)
            return r->most + r->zero;
        if (part >= r->near && part <= mask - r->near)
            return (int32_t)whole + r->zero;
    }
    return nearest(requant_real(r, channel, sum, skip)) + r->zero;
}
#else
static int32_t requant_byte(const requant *r, int channel, int32_t sum, const uint8_t *skip)
{
    return nearest(requant_real(r, channel, sum, skip)) + r->zero;
}
#endif
