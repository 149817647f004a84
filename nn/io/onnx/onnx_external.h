// SPDX-License-Identifier: MIT
// Tensors of ONNX models that lie in files beside the model.
#ifndef NN_IO_ONNX_ONNX_EXTERNAL_H
#define NN_IO_ONNX_ONNX_EXTERNAL_H

#include "nn/io/file.h"
#include "nn/io/onnx/onnx_import.h"

struct Onnx__TensorProto;

enum { NN_ONNX_MAX_FILES = 256 };

typedef struct nn_onnx_external {
    const char *folder; // of the model; NULL: it has no files beside it
    struct {
        char *name;
        nn_file file;
    } files[NN_ONNX_MAX_FILES];
    int count;
} nn_onnx_external;

// *whole becomes `t` with its elements as raw data, which live as long as `e`. Names that lead out
// of the folder are refused, and parts that the file does not have. Each file allows the import
// four times its bytes of constants.
nn_status nn_onnx_external_find(nn_onnx_external *e, const struct Onnx__TensorProto *t,
                                struct Onnx__TensorProto *whole, nn_onnx_import *import,
                                nn_error *err);
void nn_onnx_external_release(nn_onnx_external *e);

#endif
