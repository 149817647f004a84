// SPDX-License-Identifier: MIT
// Parameters of quantize_linear and dequantize_linear.
#ifndef NN_OPS_QUANTIZE_LINEAR_H
#define NN_OPS_QUANTIZE_LINEAR_H

#include "nn/tensor/tensor.h"

#include <stdbool.h>

// The whole numbers that stand for real ones.
typedef enum nn_quantized_type {
    NN_QUANTIZED_U8, // 0 to 255
    NN_QUANTIZED_S8, // -128 to 127
    NN_QUANTIZED_TYPES
} nn_quantized_type;

// quantize_linear:   q = clamp(round(x / scale) + zero, low, high), halves to the even number
// dequantize_linear: x = (q - zero) * scale
// in: x or q; the scale, > 0; the zero point, a whole number of the type (absent: 0). Scale and
// zero point have one element, or one for each index of `axis`. All are float32: a quantised tensor
// holds whole numbers. As ONNX' QuantizeLinear and DequantizeLinear of opset 13.
// Backward passes what rounds straight through: the gradient is that without the rounding, 0 where
// q is clamped (Bengio 2013, Estimating or propagating gradients; Jacob 2018, section 3).
typedef struct nn_quantize_params {
    int32_t type; // nn_quantized_type
    int32_t axis; // of scales in a row, may count from the end
} nn_quantize_params;

extern const char *const nn_quantized_type_names[]; // "u8", "s8"

static inline float nn_quantized_low(int32_t type)
{
    return type == NN_QUANTIZED_U8 ? 0.0f : -128.0f;
}

static inline float nn_quantized_high(int32_t type)
{
    return type == NN_QUANTIZED_U8 ? 255.0f : 127.0f;
}

static inline nn_dtype nn_quantized_dtype(int32_t type)
{
    return type == NN_QUANTIZED_U8 ? NN_U8 : NN_I8;
}

#endif
