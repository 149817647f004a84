// SPDX-License-Identifier: MIT
// Which channels of a graph depend on each other. Along an axis, a value has a list with an atom
// for each element: atoms that are united can only be removed together.
#ifndef NN_PRUNE_CHANNELS_H
#define NN_PRUNE_CHANNELS_H

#include "nn/graph/model.h"

typedef struct nn_channel_list {
    int count;
    int *atom;
} nn_channel_list;

// A layer whose weight makes channels.
typedef struct nn_channel_layer {
    int node;
    int axis; // of the weight: its outputs
    const nn_channel_list *list;
} nn_channel_layer;

typedef struct nn_channels {
    const nn_graph *graph;  // borrowed
    const nn_shape *shapes; // of all values, borrowed
    // Use the functions below.
    nn_channel_list **of; // [value * NN_MAX_RANK + axis]; NULL: the axis stays whole
    nn_channel_list **lists;
    int list_count, list_room;
    int *parent; // of atoms: the root of a tree is what is removed
    bool *fixed; // of roots: stays
    int atom_count, atom_room;
    nn_channel_layer *layers;
    int layer_count;
    bool failed; // memory ran out
} nn_channels;

// Nothing depends on anything yet. Release *c also on failure.
nn_status nn_channels_init(nn_channels *c, const nn_graph *g, const nn_shape *shapes,
                           nn_error *err);
void nn_channels_release(nn_channels *c);

// The root of an atom.
int nn_channels_root(const nn_channels *c, int atom);
// The list of a value's axis; NULL: whole.
static inline const nn_channel_list *nn_channels_at(const nn_channels *c, nn_value v, int axis)
{
    return c->of[v * NN_MAX_RANK + axis];
}
// How many elements of a list stay; removed: one flag for each root.
int nn_channels_kept(const nn_channels *c, const nn_channel_list *list, const bool *removed);

// --- for the rules ---

// The list of an axis; that of a parameter is made when something first asks for it. NULL: whole.
nn_channel_list *nn_channels_ask(nn_channels *c, nn_value v, int axis);
nn_channel_list *nn_channels_new_list(nn_channels *c, int count); // atom: to be filled in
int nn_channels_new_atom(nn_channels *c);
void nn_channels_fix(nn_channels *c, const nn_channel_list *list); // NULL is a no-op
void nn_channels_fix_all(nn_channels *c, nn_value v);
void nn_channels_unite_atoms(nn_channels *c, int a, int b);
// Element by element. When one is NULL, or shorter, what the other has stays.
void nn_channels_unite(nn_channels *c, const nn_channel_list *a, const nn_channel_list *b);
void nn_channels_set(nn_channels *c, nn_value v, int axis, nn_channel_list *list);
// Says that the node makes the channels in this axis of its input 1.
void nn_channels_layer(nn_channels *c, int node, int axis, const nn_channel_list *list);

#endif
