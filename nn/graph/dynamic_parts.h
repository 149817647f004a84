// SPDX-License-Identifier: MIT
// Shared by the parts of nn_model_make_dynamic.
#ifndef NN_GRAPH_DYNAMIC_PARTS_H
#define NN_GRAPH_DYNAMIC_PARTS_H

#include "nn/graph/model.h"

enum { NN_DYNAMIC_SIZES = 3 };

typedef struct nn_channel_order {
    int param;         // in the new graph
    int64_t groups, n; // of channels
} nn_channel_order;

typedef struct nn_dynamic_work {
    const nn_model *m;
    nn_shape *shapes[NN_DYNAMIC_SIZES]; // of its values, at its own size and at two others
    nn_graph *graph;                    // the new one
    nn_value *map;                      // value of the old one -> new value
    bool *done;                         // the node is merged into another one
    nn_value like; // the value whose shape the reshape being written takes over
    nn_value
        *interleaved; // the value whose groups of channels this value interleaves, plus 1; 0: none
    nn_channel_order *orders; // of channels, for gathers
    int order_count;
    nn_error *err;
} nn_dynamic_work;

// The last node of a channel shuffle (N,C,H,W) -> (N,G,C/G,H,W) -> (N,C/G,G,H,W) -> (N,C,H,W) that
// begins with node i; -1 when node i begins none. *between gets the middle node.
int nn_dynamic_find_shuffle(nn_dynamic_work *u, int i, int *between);
// Writes the shuffle as one gather and marks its nodes as done.
nn_value nn_dynamic_shuffle(nn_dynamic_work *u, int i, int between, int last);
// Finds (1,C,H,W) -> (C/G,G,H W) -> (G,C/G,H W) -> (G,1,C/G,H,W) with slices behind it: each slice
// is every G-th channel. Marks the nodes of the pattern, which begins with node i.
bool nn_dynamic_find_channel_split(nn_dynamic_work *u, int i);
// Writes the channels that slice i takes from the pattern.
nn_value nn_dynamic_channel_split(nn_dynamic_work *u, int i);
// Fills the indices of all gathers.
void nn_dynamic_write_orders(const nn_dynamic_work *u, nn_model *m);

#endif
