// SPDX-License-Identifier: MIT
// Conversion between element types, by way of float32 or, for integers, of int64.
#include "nn/tensor/half.h"
#include "nn/tensor/tensor.h"

#include <math.h>
#include <string.h>

static float float_from_bits(uint32_t bits)
{
    float f;
    memcpy(&f, &bits, sizeof f);
    return f;
}

static uint32_t bits_from_float(float f)
{
    uint32_t bits;
    memcpy(&bits, &f, sizeof bits);
    return bits;
}

static float float_from_half(uint16_t h)
{
    uint32_t sign = (uint32_t)(h & 0x8000) << 16, exponent = h >> 10 & 31, mantissa = h & 1023;
    if (exponent == 0) { // zero or subnormal: mantissa * 2^-24
        float f = (float)mantissa * 0x1p-24f;
        return sign ? -f : f;
    }
    if (exponent == 31)
        return float_from_bits(sign | 0x7F800000u | mantissa << 13);
    return float_from_bits(sign | (exponent + 112) << 23 | mantissa << 13);
}

static uint16_t half_from_float(float f)
{
    uint32_t bits = bits_from_float(f);
    uint16_t sign = (uint16_t)(bits >> 16 & 0x8000);
    uint32_t magnitude = bits & 0x7FFFFFFF;
    if (magnitude > 0x7F800000) // NaN stays NaN
        return sign | 0x7E00;
    if (magnitude >= 0x477FF000) // rounds to infinity
        return sign | 0x7C00;
    if (magnitude < 0x38800000) // subnormal: the sum's rounding does the work
        return sign | (uint16_t)bits_from_float(float_from_bits(magnitude) + 0x1p-1f);
    magnitude += 0xFFF + (magnitude >> 13 & 1); // to nearest even
    return sign | (uint16_t)((magnitude - 0x38000000) >> 13);
}

bool nn_half_holds(const float *x, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        if (fabsf(x[i]) >= 65520 && isfinite(x[i])) // what is below rounds to 65504 at most
            return false;
    return true;
}

static uint16_t bfloat_from_float(float f)
{
    uint32_t bits = bits_from_float(f);
    if (isnan(f))
        return (uint16_t)(bits >> 16 | 0x40);
    return (uint16_t)((bits + 0x7FFF + (bits >> 16 & 1)) >> 16);
}

static double load(nn_dtype dtype, const void *p, int64_t i)
{
    switch (dtype) {
    case NN_F32:
        return ((const float *)p)[i];
    case NN_F16:
        return float_from_half(((const uint16_t *)p)[i]);
    case NN_BF16:
        return float_from_bits((uint32_t)((const uint16_t *)p)[i] << 16);
    case NN_I64:
        return (double)((const int64_t *)p)[i];
    case NN_I32:
        return ((const int32_t *)p)[i];
    case NN_U8:
        return ((const uint8_t *)p)[i];
    case NN_DTYPE_COUNT:
        break;
    }
    return 0;
}

// Rounds towards zero and saturates; NaN becomes 0.
static int64_t integer(double v, double low, double high)
{
    return isnan(v) ? 0 : (int64_t)(v < low ? low : v > high ? high : v);
}

static void store(nn_dtype dtype, void *p, int64_t i, double v)
{
    switch (dtype) {
    case NN_F32:
        ((float *)p)[i] = (float)v;
        break;
    case NN_F16:
        ((uint16_t *)p)[i] = half_from_float((float)v);
        break;
    case NN_BF16:
        ((uint16_t *)p)[i] = bfloat_from_float((float)v);
        break;
    case NN_I64:
        ((int64_t *)p)[i] = integer(v, -0x1p63, 0x1.fffffffffffffp62);
        break;
    case NN_I32:
        ((int32_t *)p)[i] = (int32_t)integer(v, INT32_MIN, INT32_MAX);
        break;
    case NN_U8:
        ((uint8_t *)p)[i] = (uint8_t)integer(v, 0, 255);
        break;
    case NN_DTYPE_COUNT:
        break;
    }
}

void nn_convert(nn_dtype to, void *dst, nn_dtype from, const void *src, int64_t count)
{
    if (to == from) {
        memcpy(dst, src, (size_t)count * nn_dtype_size(to));
        return;
    }
    for (int64_t i = 0; i < count; i++)
        store(to, dst, i, load(from, src, i));
}
