// SPDX-License-Identifier: MIT
// What the parts of nn_model_unbind share.
#ifndef NN_GRAPH_UNBINDER_H
#define NN_GRAPH_UNBINDER_H

#include "nn/graph/model.h"

enum { NN_UNBIND_SIZES = 3 };

typedef struct nn_channel_order {
    int param;         // in the new graph
    int64_t groups, n; // of channels
} nn_channel_order;

typedef struct nn_unbinder {
    const nn_model *m;
    nn_shape *shapes[NN_UNBIND_SIZES]; // of its values, at its own size and at two others
    nn_graph *graph;                   // the new one
    nn_value *map;                     // value of the old one -> new value
    bool *done;                        // node is part of another one
    nn_value like;                     // of the reshape that is being written
    nn_value *dealt; // what a value's groups of channels are dealt from, plus 1; 0: it has none
    nn_channel_order *orders; // of channels, for gathers
    int order_count;
    nn_error *err;
} nn_unbinder;

// The last node of (N,C,H,W) -> (N,G,C/G,H,W) -> (N,C/G,G,H,W) -> (N,C,H,W), which begins with node
// i; -1 when it does not. *between gets the middle one.
int nn_unbind_find_shuffle(nn_unbinder *u, int i, int *between);
// Writes it as one gather and marks its nodes as done.
nn_value nn_unbind_shuffle(nn_unbinder *u, int i, int between, int last);
// (1,C,H,W) -> (C/G,G,H W) -> (G,C/G,H W) -> (G,1,C/G,H,W), of which parts are taken: each is every
// G-th channel. Marks the nodes that do this, beginning with node i.
bool nn_unbind_find_deal(nn_unbinder *u, int i);
// Writes the part that slice i takes of what was dealt.
nn_value nn_unbind_dealt(nn_unbinder *u, int i);
// Fills the indices of all gathers.
void nn_unbind_write_orders(const nn_unbinder *u, nn_model *m);

#endif
