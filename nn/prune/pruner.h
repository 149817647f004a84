// SPDX-License-Identifier: MIT
// The inside of a pruner, which its files share.
#ifndef NN_PRUNE_PRUNER_H
#define NN_PRUNE_PRUNER_H

#include "nn/prune/channels.h"
#include "nn/prune/prune.h"

// Units: the roots of trees of atoms, each of which is kept or removed.
struct nn_pruner {
    const nn_model *model; // borrowed
    nn_prune_options options;
    nn_shape *inputs; // of the graph
    nn_shape *shapes; // of all values
    double *macs;     // of each node
    double all;       // of all nodes
    nn_channels channels;
    // Of each atom, used where it is a root:
    int *family;     // units whose layer is the same: index of one of them, a root
    double *score;   // what a unit is worth
    double *squares; // sum over the observed batches
    bool *told;      // there was a gradient
    double *cost;    // multiply-accumulates that it takes
    bool *removed;
    int64_t observed; // batches
};

// Fills in the scores for the method.
nn_status nn_prune_weigh(nn_pruner *p, nn_error *err);
// Marks the least units as removed, until the model takes at most `macs`, or as many as it may.
// *reached gets the multiply-accumulates.
nn_status nn_prune_select(nn_pruner *p, double macs, double *reached, nn_error *err);
// Multiply-accumulates of a node without what is removed.
double nn_prune_node_macs(const nn_pruner *p, int node);
// Fills in the costs: a unit takes its share of every node that computes on it.
void nn_prune_find_costs(nn_pruner *p);
// Makes the model without what is removed.
nn_status nn_prune_rewrite(const nn_pruner *p, nn_model **out, nn_error *err);

#endif
