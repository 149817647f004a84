// SPDX-License-Identifier: MIT
// Conversion between element types, by way of float32 or, for integers, of int64.
#include "nn/tensor/tensor.h"

#include "nn/base/float16.h"

#include <math.h>
#include <string.h>

bool nn_f16_holds(const float *x, int64_t count)
{
    enum { BLOCK = 4096, SIGN = INT32_MIN, FIRST = 0x477ff000, INF = 0x7f800000 }; // FIRST: 65520
    for (int64_t from = 0; from < count; from += BLOCK) {
        const int64_t end = count - from < BLOCK ? count : from + BLOCK;
        int32_t beyond = 0; // smaller values round to 65504 at most; without branches: in vectors
        for (int64_t i = from; i < end; i++) {
            int32_t bits;
            memcpy(&bits, &x[i], sizeof bits);
            bits &= ~SIGN;
            beyond |= (bits >= FIRST) & (bits < INF);
        }
        if (beyond)
            return false;
    }
    return true;
}

static double load(nn_dtype dtype, const void *p, int64_t i)
{
    switch (dtype) {
    case NN_F32:
        return ((const float *)p)[i];
    case NN_F16:
        return nn_f16_decode(((const uint16_t *)p)[i]);
    case NN_BF16:
        return nn_bf16_decode(((const uint16_t *)p)[i]);
    case NN_I64:
        return (double)((const int64_t *)p)[i];
    case NN_I32:
        return ((const int32_t *)p)[i];
    case NN_U8:
        return ((const uint8_t *)p)[i];
    case NN_I8:
        return ((const int8_t *)p)[i];
    case NN_F64:
        return ((const double *)p)[i];
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
        ((uint16_t *)p)[i] = nn_f16_encode((float)v);
        break;
    case NN_BF16:
        ((uint16_t *)p)[i] = nn_bf16_encode((float)v);
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
    case NN_I8:
        ((int8_t *)p)[i] = (int8_t)integer(v, INT8_MIN, INT8_MAX);
        break;
    case NN_F64:
        ((double *)p)[i] = v;
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
