// SPDX-License-Identifier: MIT
// Compositions that builders of several families share.
#ifndef NN_IO_ONNX_IMPORT_COMPOSE_H
#define NN_IO_ONNX_IMPORT_COMPOSE_H

#include "nn/io/onnx/onnx_import.h"

// 0, 1, ... count - 1 along `axis` of a constant of `rank`, whose other dims are 1.
const nn_onnx_value *nn_onnx_count(nn_onnx_node *n, int64_t count, int rank, int axis);
// With a new axis of size 1, or without one of size 1.
const nn_onnx_value *nn_onnx_add_axis(nn_onnx_node *n, const nn_onnx_value *v, int axis);
const nn_onnx_value *nn_onnx_drop_axis(nn_onnx_node *n, const nn_onnx_value *v, int axis);
const nn_onnx_value *nn_onnx_concat(nn_onnx_node *n, const nn_onnx_value *const *in, int count,
                                    int axis);
const nn_onnx_value *nn_onnx_gather(nn_onnx_node *n, const nn_onnx_value *x,
                                    const nn_onnx_value *index, int axis);
const nn_onnx_value *nn_onnx_gather_elements(nn_onnx_node *n, const nn_onnx_value *x,
                                             const nn_onnx_value *index, int axis);
const nn_onnx_value *nn_onnx_log_softmax(nn_onnx_node *n, const nn_onnx_value *x, int axis);
// Elements repeated so that the shape is that of both.
const nn_onnx_value *nn_onnx_expand(nn_onnx_node *n, const nn_onnx_value *x, const int64_t *dim,
                                    int count);
// Fails for an input whose data is not constant, with a text that says why it must be.
bool nn_onnx_needs_constant(nn_onnx_node *n, int i, const char *why);

#endif
