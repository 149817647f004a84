// SPDX-License-Identifier: MIT
// All ONNX operators that are read.
#ifndef NN_IO_ONNX_ONNX_OPS_H
#define NN_IO_ONNX_ONNX_OPS_H

#include "nn/io/onnx/onnx_import.h"

// The operator called `name`, NULL when there is none.
const nn_onnx_op *nn_onnx_find_op(const char *name);

#endif
