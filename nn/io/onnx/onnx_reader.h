// SPDX-License-Identifier: MIT
// What is being read of an ONNX model.
#ifndef NN_IO_ONNX_ONNX_READER_H
#define NN_IO_ONNX_ONNX_READER_H

#include "nn/io/onnx/onnx.h"
#include "nn/io/onnx/onnx_import_internal.h"

struct Onnx__FunctionProto;
struct Onnx__GraphProto;
struct Onnx__ModelProto;

typedef struct nn_onnx_reader {
    const struct Onnx__ModelProto *model;
    const struct Onnx__GraphProto *graph;
    const nn_onnx_options *options;
    nn_onnx_import *import;
    struct nn_onnx_external *external;
    const struct Onnx__FunctionProto *function; // whose body is built, and the node that calls it
    const nn_onnx_node *caller;
    int depth;    // of functions
    nn_card card; // goes to the model
    int opset;
    nn_error *err;
} nn_onnx_reader;

bool nn_onnx_has_value(const nn_onnx_reader *r, const char *name);
nn_status nn_onnx_add_initializers(const nn_onnx_reader *r, const struct Onnx__GraphProto *g);
nn_status nn_onnx_build_node(const nn_onnx_reader *r, const struct Onnx__NodeProto *proto);

#endif
