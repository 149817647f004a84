// SPDX-License-Identifier: MIT
// What of a model is quantised.
//
// A quantised model is an ordinary graph in QDQ form (as ONNX Runtime's): a value of u8 is the
// result of quantize_linear, and what reads it reads dequantize_linear of that with the same scale
// and zero point, of one element each. Weights are parameters of s8 behind dequantize_linear, with
// zero point 0 (absent) and a scale for each output channel (axis 0). Biases are float32. Layers
// without these nodes around them are float32.
#ifndef NN_GRAPH_QUANTIZED_H
#define NN_GRAPH_QUANTIZED_H

#include "nn/base/api.h"
#include "nn/graph/model.h"

// The type in which a file may hold parameter `i` without loss: NN_U8 or NN_I8 where only
// quantize_linear and dequantize_linear read it, as numbers or zero points of that type, and all of
// its elements are such numbers; else NN_F32.
nn_dtype nn_quantized_param_dtype(const nn_model *m, int i);

// The numbers that a node computes with: "u8 x s8" for a layer whose data and weight are behind
// dequantize_linear, "u8" or "s8" for what else reads nothing but such data, "float32" for all
// others. Static text.
NN_API const char *nn_node_precision(const nn_graph *g, int node);

// The zero point that all numbers share. NULL is 0; files often have one for each scale, all equal.
// False: they differ.
bool nn_quantized_zero(const nn_tensor *zeros, float *zero);

// Whether the node is quantize_linear or dequantize_linear.
NN_API bool nn_node_is_quantizer(const nn_graph *g, int node);

// Whether the graph has a node dequantize_linear.
NN_API bool nn_graph_is_quantized(const nn_graph *g);

#endif
