// SPDX-License-Identifier: MIT
// What becomes of a sum of products of bytes.
#include "nn/export_c/runtime/fused.c"
#include "nn/export_c/runtime/nearest.c"

// y = sum scale + shift, + skip skip_scale, then the curve or the slope, then low to high, rounded,
// + zero.
typedef struct requant {
    const float *scale, *shift; // of each channel; of all where each_scale, each_shift is 0
    const float *curve;         // 32 pieces of 5 coefficients; NULL: none
    float skip_scale, slope, low, high;
    int16_t least, most, zero; // low and high rounded
    uint8_t each_scale, each_shift;
#if !HAVE_FUSED
    int32_t near;        // how near to a half, in 2^-20, whole numbers cannot decide how to round
    int32_t whole_shift; // shift of all channels in 2^-20
    const int32_t *whole_curve; // curve in 2^-20
#endif
} requant;

// What only programs without fused multiplication have.
#if HAVE_FUSED
#define WHOLE(near, shift, curve)
#else
#define WHOLE(near, shift, curve) , near, shift, curve
#endif

static float requant_follow(const float *curve, float y)
{
    const int piece = y > 0 ? (y < 31 ? (int)y : 31) : 0;
    const float t = y - (float)piece;
    const float *c = curve + 5 * piece;
    return fused(t, fused(t, fused(t, fused(t, c[4], c[3]), c[2]), c[1]), c[0]);
}

static float requant_real(const requant *r, int channel, int32_t sum, const uint8_t *skip)
{
    float y =
        fused((float)sum, r->scale[r->each_scale * channel], r->shift[r->each_shift * channel]);
    if (skip)
        y = fused((float)*skip, r->skip_scale, y);
    if (r->curve)
        y = requant_follow(r->curve, y);
    else if (r->slope > 0 && y < 0)
        y = y * r->slope;
    y = y < r->low ? r->low : y;
    return y > r->high ? r->high : y;
}
