// SPDX-License-Identifier: MIT
// Checks an ONNX model before anything is made of it.
#ifndef NN_IO_ONNX_ONNX_CHECK_H
#define NN_IO_ONNX_ONNX_CHECK_H

#include "nn/base/status.h"

#include <stdbool.h>

enum { NN_ONNX_MAX_OUTPUTS = 256 };

struct Onnx__FunctionProto;
struct Onnx__ModelProto;
struct Onnx__NodeProto;

// Whether counts and names of the model's graph are sound, and all operators and the types of
// inputs and outputs supported: what is not is named in one text that begins with "not supported:
// ".
nn_status nn_onnx_check_model(const struct Onnx__ModelProto *m, nn_error *err);

// The function of the model that a node calls, NULL when it is an operator.
const struct Onnx__FunctionProto *nn_onnx_find_function(const struct Onnx__ModelProto *m,
                                                        const struct Onnx__NodeProto *n);

// Whether it is an operator that is read, or calls a function of the model.
bool nn_onnx_is_supported(const struct Onnx__ModelProto *m, const struct Onnx__NodeProto *n);

// The name of a node in messages.
const char *nn_onnx_node_name(const struct Onnx__NodeProto *n);

#endif
