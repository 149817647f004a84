// SPDX-License-Identifier: MIT
// Between the walk over a graph and the file that is being written.
#ifndef NN_IO_ONNX_ONNX_WRITER_INTERNAL_H
#define NN_IO_ONNX_ONNX_WRITER_INTERNAL_H

#include "nn/graph/model.h"
#include "nn/io/onnx/onnx_writer.h"
#include "onnx.pb-c.h"

// A tensor of the file. F32 and F16 data is as the model's; I64 constants are owned.
typedef struct nn_onnx_initialiser {
    const char *name;
    nn_tensor tensor;
    bool owned; // the data
} nn_onnx_initialiser;

enum { NN_ONNX_WRITER_INPUTS = NN_OP_MAX_IN + 4, NN_ONNX_WRITER_ATTRIBUTES = 16 };

struct nn_onnx_writer {
    const nn_graph *graph;
    nn_onnx_operand *values; // one per value of the graph
    // Nodes of the file; `casts`, of weights that are stored as float16, come first.
    Onnx__NodeProto **casts, **nodes;
    int cast_count, cast_capacity, node_count, node_capacity;
    // The node being written; NULL after a failure.
    Onnx__NodeProto *node;
    char *node_inputs[NN_ONNX_WRITER_INPUTS];
    Onnx__AttributeProto *node_attributes[NN_ONNX_WRITER_ATTRIBUTES];
    struct nn_onnx_writer_block *blocks; // of nn_onnx_writer_alloc
    nn_onnx_initialiser *initialisers;
    char **names; // owned texts
    int initialiser_count, initialiser_capacity, name_count, name_capacity;
    const nn_value *inputs; // of the item being exported
    bool same;              // its output is its input
    int opset;              // that nodes ask for; 0: NN_ONNX_SAVE_OPSET
    nn_error error;         // the first failure
};

void nn_onnx_writer_release(nn_onnx_writer *w);
void nn_onnx_writer_no_memory(nn_onnx_writer *w);
// Zeroed memory that lives as long as the writer: what messages of the file are made of. NULL when
// memory is short, which is then the writer's failure.
void *nn_onnx_writer_alloc(nn_onnx_writer *w, size_t bytes);
// A text that lives as long as the writer; "" when memory is short.
const char *nn_onnx_writer_text(nn_onnx_writer *w, const char *text);
// Whether a value of the graph or one that was made is called so.
bool nn_onnx_writer_has(const nn_onnx_writer *w, const char *name);
// BASE with a number that makes it new.
const char *nn_onnx_writer_new_name(nn_onnx_writer *w, const char *base);
// Takes over the data when `owned`, also on failure (false).
bool nn_onnx_writer_tensor(nn_onnx_writer *w, const char *name, const nn_tensor *t, bool owned);

#endif
