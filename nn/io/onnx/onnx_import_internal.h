// SPDX-License-Identifier: MIT
// What an ONNX model is while it is read: shared by the reader's two halves.
#ifndef NN_IO_ONNX_ONNX_IMPORT_INTERNAL_H
#define NN_IO_ONNX_ONNX_IMPORT_INTERNAL_H

#include "nn/io/onnx/onnx_build.h"

typedef struct nn_onnx_made {
    nn_onnx_value shown; // first: builders hold pointers to it
    char *name;          // NULL until it gets one
    float *data;         // owned by this value: a constant's elements
    nn_value placed;     // in the graph
    int input, step;     // which input it is, or which step makes it; -1
    bool live;
    bool trained; // a constant that an op has as weight, bias or scale
} nn_onnx_made;

typedef struct nn_onnx_step {
    const nn_op *op;
    void *params;
    nn_onnx_made **in; // n_in, NULL where absent
    int n_in;
    nn_onnx_made *out;
    bool live;
} nn_onnx_step;

typedef struct nn_onnx_binding {
    const char *name; // of the file's strings
    const nn_onnx_value *value;
} nn_onnx_binding;

struct nn_onnx_import {
    nn_onnx_made **values;
    nn_onnx_step *steps;
    nn_onnx_binding *bindings; // open addressing, a power of two
    int value_count, value_capacity, step_count, step_capacity, binding_count, binding_capacity;
    size_t budget; // bytes of constants that may still be made

    nn_error error;
};

#endif
