// SPDX-License-Identifier: MIT
// Half-precision conversion kernels: the readable reference, and the choice of level.
#include "nn/kernels/half.h"
#include "nn/kernels/avx2.h"
#include "nn/kernels/kernels.h"

#include <string.h>

static uint32_t bits_of(float f)
{
    uint32_t u;
    memcpy(&u, &f, sizeof u);
    return u;
}

static float float_of(uint32_t u)
{
    float f;
    memcpy(&f, &u, sizeof f);
    return f;
}

// v / 2^shift to nearest, ties to even; 1 <= shift <= 31.
static uint32_t shift_round(uint32_t v, unsigned shift)
{
    const uint32_t odd = v >> shift & 1;
    return (v + (1u << (shift - 1)) - 1 + odd) >> shift;
}

// IEEE 754 binary16: 1 sign, 5 exponent (bias 15), 10 fraction bits. NaN becomes quiet and keeps
// the top of its payload, like vcvtph2ps and vcvtps2ph.
static float decode_f16(uint16_t h)
{
    const uint32_t sign = (uint32_t)(h & 0x8000) << 16, exponent = h >> 10 & 31;
    const uint32_t fraction = h & 0x3ff;
    if (exponent == 31)
        return float_of(sign | 0x7f800000 | fraction << 13 | (fraction ? 0x400000 : 0));
    if (exponent == 0) { // zero or fraction * 2^-24, exact in float32
        const float magnitude = (float)fraction * 0x1p-24f;
        return float_of(sign | bits_of(magnitude));
    }
    return float_of(sign | (exponent + 112) << 23 | fraction << 13);
}

static uint16_t encode_f16(float f)
{
    const uint32_t u = bits_of(f), sign = u >> 16 & 0x8000, magnitude = u & 0x7fffffff;
    if (magnitude > 0x7f800000)
        return (uint16_t)(sign | 0x7e00 | (magnitude >> 13 & 0x3ff));
    if (magnitude >= 0x477ff000) // 65520, half way past the largest: infinity
        return (uint16_t)(sign | 0x7c00);
    if (magnitude >= 0x38800000) // 2^-14, the smallest normal
        return (uint16_t)(sign | (shift_round(magnitude, 13) - (112u << 10)));
    if (magnitude < 0x33000000) // 2^-25, half of the smallest subnormal; ties to even go to 0
        return (uint16_t)sign;
    const uint32_t significand = (magnitude & 0x7fffff) | 0x800000;
    return (uint16_t)(sign | shift_round(significand, 126 - (magnitude >> 23)));
}

static uint16_t encode_bf16(float f)
{
    const uint32_t u = bits_of(f);
    if ((u & 0x7fffffff) > 0x7f800000)
        return (uint16_t)(u >> 16 | 0x40);
    return (uint16_t)((u + 0x7fff + (u >> 16 & 1)) >> 16);
}

static void f32_from_f16_c(float *dst, const uint16_t *src, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        dst[i] = decode_f16(src[i]);
}

static void f16_from_f32_c(uint16_t *dst, const float *src, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        dst[i] = encode_f16(src[i]);
}

static void f32_from_bf16_c(float *dst, const uint16_t *src, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        dst[i] = float_of((uint32_t)src[i] << 16);
}

static void bf16_from_f32_c(uint16_t *dst, const float *src, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        dst[i] = encode_bf16(src[i]);
}

void nn_half_init(nn_half_kernels *k, unsigned cpu)
{
    *k = (nn_half_kernels){f32_from_f16_c, f16_from_f32_c, f32_from_bf16_c, bf16_from_f32_c};
#ifdef NN_HAVE_AVX2
    if (cpu & NN_CPU_AVX2)
        nn_half_init_avx2(k);
#else
    (void)cpu;
#endif
}
