// SPDX-License-Identifier: MIT
// Nodes of an ONNX model whose sizes depend on data, with everything that needs them: the tail
// (nn/graph/tail.h) behind the graph of the others. A run gives the outputs of that graph to the
// builders as constants, which compute each node at once.
#ifndef NN_IO_ONNX_ONNX_TAIL_H
#define NN_IO_ONNX_ONNX_TAIL_H

#include "nn/io/onnx/onnx_reader.h"

struct Onnx__NodeProto;

// Nodes that wait for data, in order, while a model is read.
typedef struct nn_onnx_waiting {
    const struct Onnx__NodeProto **nodes;
    int count, capacity;
    char reason[480]; // why the first one waits
} nn_onnx_waiting;

// Puts the node, whose building failed because it needs data, behind the others: its outputs are
// deferred. `values` and `steps` are the numbers before it was built.
nn_status nn_onnx_waiting_add(nn_onnx_waiting *w, const nn_onnx_reader *r,
                              const struct Onnx__NodeProto *node, int values, int steps);
void nn_onnx_waiting_release(nn_onnx_waiting *w);

// The graph of the nodes that do not wait, with the others as its tail, which takes over the
// message and the import of the reader; then *taken is true, also after a failure. The bytes of the
// file are not needed any more: no run reads the initialisers of the model's own graph.
nn_status nn_onnx_tail_finish(nn_onnx_reader *r, nn_onnx_waiting *w, nn_model **out, bool *taken);

#endif
