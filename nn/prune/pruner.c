// SPDX-License-Identifier: MIT
// A pruner from model to model, and the table of its layers.
#include "nn/prune/pruner.h"

#include "nn/base/memory.h"
#include "nn/prune/rules.h"

#include <string.h>

enum { BLOCK = 8 };

const char *const nn_prune_method_names[] = {"taylor", "bn", "l1", NULL};

// --- units of the same layer ---

static int find_family(int *family, int a)
{
    while (family[a] != a)
        a = family[a] = family[family[a]];
    return a;
}

static void find_families(nn_pruner *p)
{
    const nn_channels *c = &p->channels;
    for (int a = 0; a < c->atom_count; a++)
        p->family[a] = a;
    for (int i = 0; i < c->layer_count; i++) {
        const nn_channel_list *list = c->layers[i].list;
        for (int k = 1; k < list->count; k++) {
            const int a = find_family(p->family, nn_channels_root(c, list->atom[0]));
            const int b = find_family(p->family, nn_channels_root(c, list->atom[k]));
            p->family[b] = a;
        }
    }
    for (int a = 0; a < c->atom_count; a++)
        p->family[a] = find_family(p->family, a);
}

static bool any_unit(const nn_pruner *p)
{
    const nn_channels *c = &p->channels;
    for (int i = 0; i < c->layer_count; i++)
        for (int k = 0; k < c->layers[i].list->count; k++)
            if (!c->fixed[nn_channels_root(c, c->layers[i].list->atom[k])])
                return true;
    return false;
}

// --- life ---

static nn_status open_units(nn_pruner *p, nn_error *err)
{
    const size_t atoms = (size_t)p->channels.atom_count;
    p->family = nn_calloc(atoms, sizeof *p->family);
    p->score = nn_calloc(atoms, sizeof *p->score);
    p->squares = nn_calloc(atoms, sizeof *p->squares);
    p->told = nn_calloc(atoms, sizeof *p->told);
    p->cost = nn_calloc(atoms, sizeof *p->cost);
    p->removed = nn_calloc(atoms, sizeof *p->removed);
    if (!p->family || !p->score || !p->squares || !p->told || !p->cost || !p->removed)
        return nn_fail(err, NN_ENOMEM, "no memory to prune");
    if (!any_unit(p))
        return nn_fail(err, NN_EINVAL,
                       "no channels can be removed: the outputs show all of them, or operators "
                       "that mix channels keep them");
    find_families(p);
    nn_prune_find_costs(p);
    return NN_OK;
}

static nn_status open(nn_pruner *p, const nn_shape *inputs, nn_error *err)
{
    const nn_graph *g = p->model->graph;
    const int count = nn_graph_input_count(g);
    p->inputs = nn_calloc((size_t)count, sizeof *p->inputs);
    p->shapes = nn_calloc((size_t)nn_graph_value_count(g), sizeof *p->shapes);
    p->macs = nn_calloc((size_t)nn_graph_node_count(g), sizeof *p->macs);
    if (!p->inputs || !p->shapes || !p->macs)
        return nn_fail(err, NN_ENOMEM, "no memory to prune");
    memcpy(p->inputs, inputs, (size_t)count * sizeof *inputs);
    nn_status status = nn_graph_infer(g, inputs, count, p->shapes, p->macs, err);
    for (int i = 0; i < nn_graph_node_count(g); i++)
        p->all += p->macs[i];
    if (status == NN_OK)
        status = nn_channels_find(&p->channels, g, p->shapes, err);
    return status == NN_OK ? open_units(p, err) : status;
}

nn_status nn_pruner_new(nn_pruner **out, const nn_model *model, const nn_shape *inputs,
                        const nn_prune_options *options, nn_error *err)
{
    nn_pruner *p = nn_calloc(1, sizeof *p);
    *out = NULL;
    if (!p)
        return nn_fail(err, NN_ENOMEM, "no memory to prune");
    p->model = model;
    p->options = options ? *options : (nn_prune_options){0};
    p->options.multiple = p->options.multiple > 0 ? p->options.multiple : BLOCK;
    p->options.floor = p->options.floor > 0 ? p->options.floor : 0.125f;
    nn_status status = open(p, inputs, err);
    if (status == NN_OK && p->options.method != NN_PRUNE_TAYLOR)
        status = nn_prune_weigh(p, err);
    if (status != NN_OK) {
        nn_pruner_free(p);
        return status;
    }
    *out = p;
    return NN_OK;
}

void nn_pruner_free(nn_pruner *p)
{
    if (!p)
        return;
    nn_channels_release(&p->channels);
    nn_free(p->inputs);
    nn_free(p->shapes);
    nn_free(p->macs);
    nn_free(p->family);
    nn_free(p->score);
    nn_free(p->squares);
    nn_free(p->told);
    nn_free(p->cost);
    nn_free(p->removed);
    nn_free(p);
}

double nn_pruner_macs(const nn_pruner *p)
{
    return p->all;
}

double nn_pruner_least_macs(nn_pruner *p)
{
    double least = p->all;
    if (p->options.method == NN_PRUNE_TAYLOR && p->observed > 0) // as nn_pruner_make will choose
        nn_prune_weigh(p, NULL);
    nn_prune_select(p, 0, &least, NULL);
    memset(p->removed, 0, (size_t)p->channels.atom_count * sizeof *p->removed);
    return least;
}

nn_status nn_pruner_make(nn_pruner *p, double macs, nn_model **out, nn_error *err)
{
    double reached = p->all;
    *out = NULL;
    nn_status status = p->options.method == NN_PRUNE_TAYLOR ? nn_prune_weigh(p, err) : NN_OK;
    if (status == NN_OK)
        status = nn_prune_select(p, macs, &reached, err);
    if (status == NN_OK && reached > macs)
        status = nn_fail(err, NN_EINVAL,
                         "%.3g M multiply-adds cannot be reached: of %.3g M, %.3g M stay at least",
                         macs / 1e6, p->all / 1e6, reached / 1e6);
    return status == NN_OK ? nn_prune_rewrite(p, out, err) : status;
}

// --- the table ---

int nn_pruner_layer_count(const nn_pruner *p)
{
    return p->channels.layer_count;
}

nn_prune_layer nn_pruner_layer(const nn_pruner *p, int i)
{
    const nn_channel_layer *l = &p->channels.layers[i];
    return (nn_prune_layer){.name = nn_graph_node_at(p->channels.graph, l->node).name,
                            .channels = l->list->count,
                            .kept = nn_channels_kept(&p->channels, l->list, p->removed),
                            .macs = p->macs[l->node],
                            .kept_macs = nn_prune_node_macs(p, l->node)};
}
