// SPDX-License-Identifier: MIT
// Parts of a model copied into a new graph, to which other nodes are added: copies, other heads.
#ifndef NN_GRAPH_REBUILD_H
#define NN_GRAPH_REBUILD_H

#include "nn/base/api.h"
#include "nn/graph/model.h"

typedef struct nn_rebuild {
    const nn_model *source; // borrowed, unchanged
    nn_graph *graph;        // the new one, with all inputs of the source; the caller adds to it
    nn_value *map;          // owned: value of the source -> value here, NN_NO_VALUE: not copied yet
    bool trainable;
    // Private, trainable:
    nn_shape *shapes; // of the source for one picture
    int *batch_axis;  // of a value: whose outermost part is the picture of the batch; -1: none
    bool *wanted;     // nodes that are to be copied
} nn_rebuild;

// `trainable`: the copy can learn in batches. Activations and sums within nodes become nodes of
// their own, which have gradients; numbers that are no weights (a 3 that is added, the steps of a
// grid) become buffers; shapes written down for one picture follow the batch. *r is to be released
// also on failure.
nn_status nn_rebuild_begin(nn_rebuild *r, const nn_model *source, bool trainable, nn_error *err);
// Copies value v of the source with every node and parameter that it is made of, under their names.
// NN_FAILED_VALUE as for nn_graph_node.
nn_value nn_rebuild_value(nn_rebuild *r, nn_value v);
// A model of the new graph with a copy of the source's card. Copied parameters have the source's
// numbers, all others are as nn_model_new leaves them.
nn_status nn_rebuild_finish(nn_rebuild *r, nn_model **out, nn_error *err);
void nn_rebuild_release(nn_rebuild *r);

// The same network with parameters of its own.
NN_API nn_status nn_model_copy(nn_model **out, const nn_model *m, nn_error *err);
// The same with nodes and outputs that `add` puts behind it; values of m are found by
// nn_rebuild_value. Their parameters are as nn_model_new leaves them.
typedef void nn_rebuild_add(nn_rebuild *r, void *ctx);
nn_status nn_model_copy_with(nn_model **out, const nn_model *m, nn_rebuild_add *add, void *ctx,
                             nn_error *err);

#endif
