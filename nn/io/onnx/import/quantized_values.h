// SPDX-License-Identifier: MIT
// Inputs and outputs of quantised ONNX operators as real numbers.
#ifndef NN_IO_ONNX_IMPORT_QUANTIZED_VALUES_H
#define NN_IO_ONNX_IMPORT_QUANTIZED_VALUES_H

#include "nn/io/onnx/onnx_import.h"

// Input i, or NULL where it is absent.
const nn_onnx_value *nn_onnx_input(const nn_onnx_node *n, int i);
// The real numbers behind x; scales in a row belong to `axis`. Without a scale: the distance from
// the zero point. zero may be NULL.
const nn_onnx_value *nn_onnx_dequantize(nn_onnx_node *n, const nn_onnx_value *x,
                                        const nn_onnx_value *scale, const nn_onnx_value *zero,
                                        int axis);
// Output i: y as whole numbers of the type of `zero`, or without one of `like`.
void nn_onnx_put_quantized(nn_onnx_node *n, int output, const nn_onnx_value *y,
                           const nn_onnx_value *scale, const nn_onnx_value *zero,
                           const nn_onnx_value *like);
// A bias of int32 in products of the scales of data and weight. NULL: none.
const nn_onnx_value *nn_onnx_real_bias(nn_onnx_node *n, const nn_onnx_value *bias,
                                       const nn_onnx_value *x_scale, const nn_onnx_value *w_scale);

#endif
