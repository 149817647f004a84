// SPDX-License-Identifier: MIT
// Copies parts of a model into a new graph, to which the caller adds nodes: plain copies, other
// heads.
#ifndef NN_GRAPH_REBUILD_H
#define NN_GRAPH_REBUILD_H

#include "nn/base/api.h"
#include "nn/graph/model.h"

typedef struct nn_rebuild {
    const nn_model *source; // borrowed, unchanged
    nn_graph *graph;        // the new one, with all inputs of the source; the caller adds nodes
    nn_value *map;          // owned: value of the source -> value here, NN_NO_VALUE: not copied yet
    bool trainable;
    // Private, trainable:
    nn_shape *shapes; // of the source for a batch of one
    int *batch_axis;  // of each value: the axis whose outermost part is the batch; -1: none
    bool *wanted;     // nodes to copy
} nn_rebuild;

// Begins a copy. `trainable`: the copy can be trained in batches. Fused activations and sums become
// nodes of their own, which have gradients; constants that are not weights (an added 3, the steps
// of a grid) become buffers; shapes written for a batch of one follow the batch. Release *r also on
// failure.
nn_status nn_rebuild_begin(nn_rebuild *r, const nn_model *source, bool trainable, nn_error *err);
// Copies value v of the source with every node and parameter that it depends on, under the same
// names. NN_FAILED_VALUE as for nn_graph_node.
nn_value nn_rebuild_value(nn_rebuild *r, nn_value v);
// Makes a model of the new graph, with a copy of the source's card. Copied parameters have the
// source's values; the others are as nn_model_new leaves them.
nn_status nn_rebuild_finish(nn_rebuild *r, nn_model **out, nn_error *err);
void nn_rebuild_release(nn_rebuild *r);

// Copies a model with all its parameters.
NN_API nn_status nn_model_copy(nn_model **out, const nn_model *m, nn_error *err);
// Copies a model and lets `add` append nodes and outputs; nn_rebuild_value finds the values of m.
// New parameters are as nn_model_new leaves them.
typedef void nn_rebuild_add(nn_rebuild *r, void *ctx);
nn_status nn_model_copy_with(nn_model **out, const nn_model *m, nn_rebuild_add *add, void *ctx,
                             nn_error *err);

#endif
