// SPDX-License-Identifier: MIT
// Lists of atoms, and trees of united atoms.
#include "nn/prune/channels.h"

#include "nn/base/memory.h"

#include <limits.h>
enum { ROOM = 256 }; // elements of a list that grows, at first

int nn_channels_root(const nn_channels *c, int atom)
{
    while (c->parent[atom] != atom)
        atom = c->parent[atom] = c->parent[c->parent[atom]];
    return atom;
}

int nn_channels_kept(const nn_channels *c, const nn_channel_list *list, const bool *removed)
{
    int kept = 0;
    for (int i = 0; i < list->count; i++)
        kept += !removed[nn_channels_root(c, list->atom[i])];
    return kept;
}

// --- growing ---

// The block with room for twice as many elements; NULL: no memory.
static void *enlarge(void *block, int room, size_t size)
{
    return room > INT_MAX / 4 ? NULL
                              : nn_realloc(block, (size_t)room * size, (size_t)room * 2 * size);
}

static bool enlarge_atoms(nn_channels *c)
{
    int *parent = enlarge(c->parent, c->atom_room, sizeof *parent);
    c->parent = parent ? parent : c->parent;
    bool *fixed = parent ? enlarge(c->fixed, c->atom_room, sizeof *fixed) : NULL;
    c->fixed = fixed ? fixed : c->fixed;
    c->atom_room *= fixed ? 2 : 1;
    return fixed;
}

int nn_channels_new_atom(nn_channels *c)
{
    if (c->failed || (c->atom_count == c->atom_room && !enlarge_atoms(c))) {
        c->failed = true;
        return 0;
    }
    c->parent[c->atom_count] = c->atom_count;
    c->fixed[c->atom_count] = false;
    return c->atom_count++;
}

nn_channel_list *nn_channels_new_list(nn_channels *c, int count)
{
    nn_channel_list **lists = c->lists;
    if (!c->failed && c->list_count == c->list_room) {
        lists = enlarge(c->lists, c->list_room, sizeof *lists);
        c->lists = lists ? lists : c->lists;
        c->list_room *= lists ? 2 : 1;
    }
    nn_channel_list *list = lists && !c->failed ? nn_calloc(1, sizeof *list) : NULL;
    int *atom = list ? nn_calloc((size_t)count, sizeof *atom) : NULL;
    if (!atom) {
        nn_free(list);
        c->failed = true;
        return NULL;
    }
    *list = (nn_channel_list){count, atom};
    return c->lists[c->list_count++] = list;
}

nn_channel_list *nn_channels_ask(nn_channels *c, nn_value v, int axis)
{
    nn_channel_list **at = &c->of[v * NN_MAX_RANK + axis];
    const nn_shape *shape = &c->shapes[v];
    if (*at || nn_graph_value(c->graph, v).kind != NN_VALUE_PARAM || axis >= shape->rank ||
        shape->dim[axis] < 2 || shape->dim[axis] > INT_MAX)
        return *at;
    *at = nn_channels_new_list(c, (int)shape->dim[axis]);
    for (int i = 0; *at && i < (*at)->count && !c->failed; i++)
        (*at)->atom[i] = nn_channels_new_atom(c);
    return *at;
}

void nn_channels_set(nn_channels *c, nn_value v, int axis, nn_channel_list *list)
{
    c->of[v * NN_MAX_RANK + axis] = list;
}

// --- what depends on what ---

void nn_channels_fix(nn_channels *c, const nn_channel_list *list)
{
    for (int i = 0; list && !c->failed && i < list->count; i++)
        c->fixed[nn_channels_root(c, list->atom[i])] = true;
}

void nn_channels_fix_all(nn_channels *c, nn_value v)
{
    for (int axis = 0; axis < NN_MAX_RANK; axis++)
        nn_channels_fix(c, nn_channels_ask(c, v, axis));
}

void nn_channels_unite_atoms(nn_channels *c, int a, int b)
{
    if (c->failed)
        return;
    a = nn_channels_root(c, a);
    b = nn_channels_root(c, b);
    c->fixed[a] = c->fixed[a] || c->fixed[b];
    c->parent[b] = a;
}

void nn_channels_unite(nn_channels *c, const nn_channel_list *a, const nn_channel_list *b)
{
    if (!a || !b || a->count != b->count) {
        nn_channels_fix(c, a);
        nn_channels_fix(c, b);
        return;
    }
    for (int i = 0; i < a->count && a != b; i++)
        nn_channels_unite_atoms(c, a->atom[i], b->atom[i]);
}

void nn_channels_layer(nn_channels *c, int node, int axis, const nn_channel_list *list)
{
    if (list)
        c->layers[c->layer_count++] = (nn_channel_layer){node, axis, list};
}

nn_status nn_channels_init(nn_channels *c, const nn_graph *g, const nn_shape *shapes, nn_error *err)
{
    const size_t values = (size_t)nn_graph_value_count(g), nodes = (size_t)nn_graph_node_count(g);
    *c = (nn_channels){.graph = g,
                       .shapes = shapes,
                       .of = nn_calloc(values * NN_MAX_RANK, sizeof(nn_channel_list *)),
                       .layers = nn_calloc(nodes, sizeof *c->layers),
                       .lists = nn_calloc(ROOM, sizeof(nn_channel_list *)),
                       .list_room = ROOM,
                       .parent = nn_calloc(ROOM, sizeof *c->parent),
                       .fixed = nn_calloc(ROOM, sizeof *c->fixed),
                       .atom_room = ROOM};
    c->failed = !c->of || !c->layers || !c->lists || !c->parent || !c->fixed;
    return c->failed ? nn_fail(err, NN_ENOMEM, "no memory for the channels of the graph") : NN_OK;
}

void nn_channels_release(nn_channels *c)
{
    for (int i = 0; i < c->list_count; i++) {
        nn_free(c->lists[i]->atom);
        nn_free(c->lists[i]);
    }
    nn_free(c->lists);
    nn_free(c->of);
    nn_free(c->parent);
    nn_free(c->fixed);
    nn_free(c->layers);
    *c = (nn_channels){0};
}
