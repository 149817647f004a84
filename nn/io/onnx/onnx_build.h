// SPDX-License-Identifier: MIT
// Between the reader of ONNX files and the values and nodes it collects.
#ifndef NN_IO_ONNX_ONNX_BUILD_H
#define NN_IO_ONNX_ONNX_BUILD_H

#include "nn/graph/model.h"
#include "nn/io/onnx/onnx_import.h"

// Constants may take `budget` bytes in all. NULL when memory is short.
nn_onnx_import *nn_onnx_import_new(size_t budget);
void nn_onnx_import_free(nn_onnx_import *m);

// The failure that everything after it sees; status NN_OK while there is none.
nn_error *nn_onnx_import_error(nn_onnx_import *m);

// Names are borrowed from the file; a second value of the same name is a failure.
const nn_onnx_value *nn_onnx_import_find(const nn_onnx_import *m, const char *name);
void nn_onnx_import_bind(nn_onnx_import *m, const char *name, const nn_onnx_value *v);
const nn_onnx_value *nn_onnx_import_input(nn_onnx_import *m, const char *name, int index,
                                          const nn_shape *shape, bool integer);
// A new constant; its elements are written by the caller, NULL after a failure.
float *nn_onnx_import_constant(nn_onnx_import *m, const nn_shape *shape, bool integer,
                               const nn_onnx_value **out);

// The graph of what the outputs need, with its parameters. Once only. The outputs must exist.
nn_status nn_onnx_import_finish(nn_onnx_import *m, const char *const *outputs, int n_outputs,
                                nn_model **out, nn_error *err);

// The operator called `name`, NULL when there is none.
const nn_onnx_op *nn_onnx_find_op(const char *name);

#endif
