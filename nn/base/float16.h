// SPDX-License-Identifier: MIT
// Single numbers of 16 bits: IEEE 754 binary16 (1 sign, 5 exponent with bias 15, 10 fraction bits)
// and bfloat16 (the upper half of a float32), rounded to nearest, ties to even. NaN becomes quiet
// and keeps the top of its payload, like vcvtph2ps and vcvtps2ph.
#ifndef NN_BASE_FLOAT16_H
#define NN_BASE_FLOAT16_H

#include <stdint.h>
#include <string.h>

static inline uint32_t nn_float_bits(float f)
{
    uint32_t u;
    memcpy(&u, &f, sizeof u);
    return u;
}

static inline float nn_float_of_bits(uint32_t u)
{
    float f;
    memcpy(&f, &u, sizeof f);
    return f;
}

// v / 2^shift to nearest, ties to even; 1 <= shift <= 31.
static inline uint32_t nn_shift_round(uint32_t v, unsigned shift)
{
    const uint32_t odd = v >> shift & 1;
    return (v + (1u << (shift - 1)) - 1 + odd) >> shift;
}

static inline float nn_f16_decode(uint16_t h)
{
    const uint32_t sign = (uint32_t)(h & 0x8000) << 16, exponent = h >> 10 & 31;
    const uint32_t fraction = h & 0x3ff;
    if (exponent == 31)
        return nn_float_of_bits(sign | 0x7f800000 | fraction << 13 | (fraction ? 0x400000 : 0));
    if (exponent == 0) { // zero or fraction * 2^-24, exact in float32
        const float magnitude = (float)fraction * 0x1p-24f;
        return nn_float_of_bits(sign | nn_float_bits(magnitude));
    }
    return nn_float_of_bits(sign | (exponent + 112) << 23 | fraction << 13);
}

static inline uint16_t nn_f16_encode(float f)
{
    const uint32_t u = nn_float_bits(f), sign = u >> 16 & 0x8000, magnitude = u & 0x7fffffff;
    if (magnitude > 0x7f800000)
        return (uint16_t)(sign | 0x7e00 | (magnitude >> 13 & 0x3ff));
    if (magnitude >= 0x477ff000) // 65520, half way past the largest: infinity
        return (uint16_t)(sign | 0x7c00);
    if (magnitude >= 0x38800000) // 2^-14, the smallest normal
        return (uint16_t)(sign | (nn_shift_round(magnitude, 13) - (112u << 10)));
    if (magnitude < 0x33000000) // 2^-25, half of the smallest subnormal; ties to even go to 0
        return (uint16_t)sign;
    const uint32_t significand = (magnitude & 0x7fffff) | 0x800000;
    return (uint16_t)(sign | nn_shift_round(significand, 126 - (magnitude >> 23)));
}

static inline float nn_bf16_decode(uint16_t h)
{
    return nn_float_of_bits((uint32_t)h << 16);
}

static inline uint16_t nn_bf16_encode(float f)
{
    const uint32_t u = nn_float_bits(f);
    if ((u & 0x7fffffff) > 0x7f800000)
        return (uint16_t)(u >> 16 | 0x40);
    return (uint16_t)((u + 0x7fff + (u >> 16 & 1)) >> 16);
}

#endif
