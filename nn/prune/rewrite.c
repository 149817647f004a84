// SPDX-License-Identifier: MIT
// Writes the graph and the parameters without what is removed.
#include "nn/base/memory.h"
#include "nn/graph/model_internal.h"
#include "nn/prune/pruner.h"
#include "nn/prune/rules.h"

#include <string.h>

typedef struct writer {
    const nn_pruner *p;
    nn_graph *graph;
    nn_value *map; // old value -> new value
    void *params;  // of a node, to be changed
} writer;

static nn_shape shape_after(const nn_pruner *p, nn_value v)
{
    nn_shape s = p->shapes[v];
    for (int axis = 0; axis < s.rank; axis++) {
        const nn_channel_list *list = nn_channels_at(&p->channels, v, axis);
        s.dim[axis] = list ? nn_channels_kept(&p->channels, list, p->removed) : s.dim[axis];
    }
    return s;
}

static size_t largest_params(const nn_graph *g)
{
    size_t most = 1;
    for (int i = 0; i < nn_graph_node_count(g); i++) {
        const size_t size = nn_graph_node_at(g, i).op->params_size;
        most = size > most ? size : most;
    }
    return most;
}

static void write_node(writer *w, int i)
{
    const nn_node_info node = nn_graph_node_at(w->p->model->graph, i);
    const nn_channel_rule *rule = nn_channel_rule_of(node.op);
    nn_value in[NN_OP_MAX_IN];
    for (int k = 0; k < node.n_in; k++)
        in[k] = node.in[k] >= 0 ? w->map[node.in[k]] : node.in[k];
    if (node.op->params_size > 0)
        memcpy(w->params, node.params, node.op->params_size);
    if (rule && rule->rewrite)
        rule->rewrite(&w->p->channels, &node, w->p->removed, w->params);
    w->map[node.out] = nn_graph_node(w->graph, node.op, node.name,
                                     node.op->params_size > 0 ? w->params : NULL, in, node.n_in);
}

static void write_graph(writer *w)
{
    const nn_graph *g = w->p->model->graph;
    for (int i = 0; i < nn_graph_input_count(g); i++) {
        const nn_value v = nn_graph_input_at(g, i);
        w->map[v] = nn_graph_input(w->graph, nn_graph_value(g, v).name);
    }
    for (int i = 0; i < nn_graph_param_count(g); i++) {
        const nn_value v = nn_graph_param_at(g, i);
        const nn_value_info info = nn_graph_value(g, v);
        // A parameter that nothing reads has no shape of a run.
        const nn_shape shape =
            nn_shape_equal(&w->p->shapes[v], info.shape) ? shape_after(w->p, v) : *info.shape;
        w->map[v] = nn_graph_param(w->graph, info.name, info.param, &shape);
    }
    for (int i = 0; i < nn_graph_node_count(g); i++)
        write_node(w, i);
    for (int i = 0; i < nn_graph_output_count(g); i++)
        nn_graph_output(w->graph, nn_graph_output_name(g, i), w->map[nn_graph_output_at(g, i)]);
}

// Copies what stays of a parameter: runs of the axes behind the last one of which something goes.
static void gather(const nn_pruner *p, nn_value v, const nn_tensor *from, const nn_tensor *to)
{
    const nn_shape *s = &from->shape;
    int64_t at[NN_MAX_RANK] = {0};
    int rank = s->rank;
    float *out = nn_tensor_f32(to);
    while (rank > 0 && !nn_channels_at(&p->channels, v, rank - 1))
        rank--;
    const int64_t runs = nn_shape_span(s, 0, rank), length = nn_shape_span(s, rank, s->rank);
    for (int64_t i = 0; i < runs; i++) {
        bool stays = true;
        for (int axis = 0; axis < rank && stays; axis++) {
            const nn_channel_list *list = nn_channels_at(&p->channels, v, axis);
            stays = !list || !p->removed[nn_channels_root(&p->channels, list->atom[at[axis]])];
        }
        if (stays) {
            memcpy(out, nn_tensor_f32(from) + i * length, (size_t)length * sizeof *out);
            out += length;
        }
        for (int axis = rank - 1; axis >= 0 && ++at[axis] == s->dim[axis]; axis--)
            at[axis] = 0;
    }
}

// What is left must be a network whose outputs have the shapes that they had.
static nn_status check_outputs(const writer *w, nn_error *err)
{
    const nn_pruner *p = w->p;
    const nn_graph *old = p->model->graph;
    nn_shape *shapes = nn_calloc((size_t)nn_graph_value_count(w->graph), sizeof *shapes);
    if (!shapes)
        return nn_fail(err, NN_ENOMEM, "no memory to prune");
    nn_status status = nn_graph_check(w->graph, err);
    if (status == NN_OK)
        status = nn_graph_infer(w->graph, p->inputs, nn_graph_input_count(old), shapes, NULL, err);
    for (int i = 0; i < nn_graph_output_count(old) && status == NN_OK; i++)
        if (!nn_shape_equal(&shapes[nn_graph_output_at(w->graph, i)],
                            &p->shapes[nn_graph_output_at(old, i)]))
            status = nn_fail(err, NN_ESHAPE, "output %s has another shape",
                             nn_graph_output_name(old, i));
    nn_free(shapes);
    return status == NN_OK ? NN_OK : nn_fail_prefix(err, status, "the pruned graph");
}

static nn_status make(writer *w, nn_model **out, nn_error *err)
{
    const nn_model *m = w->p->model;
    write_graph(w);
    nn_status status = check_outputs(w, err);
    nn_graph *graph = w->graph;
    if (status == NN_OK) {
        w->graph = NULL;
        status = nn_model_new(out, graph, err);
    }
    if (status == NN_OK)
        status = nn_card_copy(&(*out)->card, &m->card, err);
    if (status == NN_OK)
        status = nn_model_copy_bounds(*out, m, err);
    if (status != NN_OK)
        return status;
    (*out)->half = m->half;
    for (int i = 0; i < nn_graph_param_count(m->graph); i++)
        gather(w->p, nn_graph_param_at(m->graph, i), &m->params[i], &(*out)->params[i]);
    return NN_OK;
}

nn_status nn_prune_rewrite(const nn_pruner *p, nn_model **out, nn_error *err)
{
    const nn_graph *g = p->model->graph;
    writer w = {.p = p,
                .graph = nn_graph_new(),
                .map = nn_calloc((size_t)nn_graph_value_count(g), sizeof *w.map),
                .params = nn_calloc(1, largest_params(g))};
    *out = NULL;
    nn_status status = w.graph && w.map && w.params ? make(&w, out, err)
                                                    : nn_fail(err, NN_ENOMEM, "no memory to prune");
    nn_graph_free(w.graph);
    nn_free(w.map);
    nn_free(w.params);
    if (status != NN_OK) {
        nn_model_free(*out);
        *out = NULL;
    }
    return status;
}
