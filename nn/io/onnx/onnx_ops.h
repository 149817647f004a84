// SPDX-License-Identifier: MIT
// All ONNX operators that are read.
#ifndef NN_IO_ONNX_ONNX_OPS_H
#define NN_IO_ONNX_ONNX_OPS_H

#include "nn/io/onnx/onnx_import.h"

bool nn_onnx_is_default_domain(const char *domain); // may be NULL

// The operator called `name` of a domain, NULL when there is none. Those of the standard's own
// domain have no or an empty one; "com.microsoft" has those of ONNX Runtime.
const nn_onnx_op *nn_onnx_find_op(const char *domain, const char *name);

#endif
