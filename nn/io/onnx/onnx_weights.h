// SPDX-License-Identifier: MIT
// The weights of an ONNX file stay where they lie: unpacking its messages would copy them.
#ifndef NN_IO_ONNX_ONNX_WEIGHTS_H
#define NN_IO_ONNX_ONNX_WEIGHTS_H

#include "nn/io/buffer.h"

#include <stdint.h>

struct Onnx__ModelProto;

typedef struct nn_onnx_weight {
    size_t initializer; // its index in the graph
    const uint8_t *bytes;
    size_t size;
} nn_onnx_weight;

typedef struct nn_onnx_weights {
    nn_buffer rest; // the file's bytes without the raw data of large initialisers
    nn_onnx_weight *list;
    int count, capacity;
} nn_onnx_weights;

// Finds the raw data of large initialisers in the bytes of a model that is well formed. NN_ENOMEM.
nn_status nn_onnx_weights_find(nn_onnx_weights *w, const void *bytes, size_t size);
// Lets a model that was unpacked from `rest` have them; they are not its own.
void nn_onnx_weights_attach(const nn_onnx_weights *w, struct Onnx__ModelProto *model);
// Takes them away again, before the model is freed.
void nn_onnx_weights_detach(struct Onnx__ModelProto *model);
void nn_onnx_weights_release(nn_onnx_weights *w);

#endif
