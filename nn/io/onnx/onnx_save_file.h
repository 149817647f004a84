// SPDX-License-Identifier: MIT
// The file of an exported model.
#ifndef NN_IO_ONNX_ONNX_SAVE_FILE_H
#define NN_IO_ONNX_ONNX_SAVE_FILE_H

#include "nn/graph/model.h"
#include "nn/io/onnx/onnx_writer.h"

// Whether an output is written: those called "aux..." serve training only.
bool nn_onnx_writer_keeps(const nn_graph *g, int output);
// Writes what was collected to a file. `inputs`: the shapes that it is for.
nn_status nn_onnx_writer_save(nn_onnx_writer *w, const nn_model *m, const nn_shape *inputs,
                              const char *path, nn_error *err);

#endif
