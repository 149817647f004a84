// SPDX-License-Identifier: MIT
// The layers of a network that is looked into, and the one whose maps Grad-CAM weighs.
#include "nn/explain/explain_internal.h"

#include "nn/base/memory.h"
#include "nn/base/spelling.h"
#include "nn/ops/ops.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Which values depend on the value `from`.
static void mark_behind(const nn_graph *g, nn_value from, bool *behind)
{
    memset(behind, 0, (size_t)nn_graph_value_count(g) * sizeof *behind);
    behind[from] = true;
    for (int i = 0; i < nn_graph_node_count(g); i++) {
        const nn_node_info node = nn_graph_node_at(g, i);
        for (int k = 0; k < node.n_in; k++)
            if (node.in[k] >= 0 && behind[node.in[k]] && !(k < 64 && node.op->shape_only >> k & 1))
                behind[node.out] = true;
    }
}

static bool is_layer(const nn_shape *s)
{
    return (s->rank == 4 || s->rank == 2) && s->dim[0] == 1;
}

// Maps in the shape of the input: as many pixels of it for a cell in both directions.
static bool is_maps(const nn_explainer *e, nn_value v)
{
    const nn_shape *s = nn_plan_shape(e->plan, v);
    if (s->rank != 4 || s->dim[0] != 1 || s->dim[2] < 2 || s->dim[3] < 2)
        return false;
    const double y = (double)e->plan_h / (double)s->dim[2];
    const double x = (double)e->plan_w / (double)s->dim[3];
    return y >= 0.99 && x >= 0.99 && y < 1.6 * x && x < 1.6 * y;
}

static bool is_conv(const nn_op *op)
{
    return op == &nn_op_conv2d || op == &nn_op_conv_transpose;
}

// Operators that give no new features: their input is the better choice.
static bool only_moves(const nn_op *op)
{
    return op == &nn_op_max_pool || op == &nn_op_avg_pool || op == &nn_op_adaptive_avg_pool ||
           op == &nn_op_dropout || op == &nn_op_resize || op == &nn_op_resample ||
           op == &nn_op_reshape || op == &nn_op_pad || op == &nn_op_slice || op == &nn_op_tile;
}

// How many of the last convolutions that give maps (no other follows them) a value is in front of.
// ends[v]: it is one of these, or comes behind one.
static int count_ends(const nn_explainer *e, bool *ends, bool *behind)
{
    const nn_graph *g = e->model->graph;
    int count = 0;
    memset(ends, 0, (size_t)nn_graph_value_count(g) * sizeof *ends);
    for (int i = 0; i < nn_graph_node_count(g); i++) {
        const nn_node_info node = nn_graph_node_at(g, i);
        if (!is_conv(node.op) || !is_maps(e, node.out))
            continue;
        bool last = true;
        mark_behind(g, node.out, behind);
        for (int j = i + 1; j < nn_graph_node_count(g) && last; j++) {
            const nn_node_info other = nn_graph_node_at(g, j);
            last = !(is_conv(other.op) && is_maps(e, other.out) && behind[other.out]);
        }
        count += last;
        for (int v = 0; v < nn_graph_value_count(g) && last; v++)
            ends[v] |= behind[v];
    }
    return count;
}

static bool is_last_conv(const nn_explainer *e, int node, const bool *ends)
{
    const nn_node_info n = nn_graph_node_at(e->model->graph, node);
    return is_conv(n.op) && ends[n.out] && is_maps(e, n.out) && !ends[n.in[0]];
}

// Whether all last convolutions depend on a value.
static bool feeds_all(const nn_explainer *e, nn_value v, const bool *ends, int count, bool *behind)
{
    const nn_graph *g = e->model->graph;
    mark_behind(g, v, behind);
    for (int i = 0; i < nn_graph_node_count(g); i++)
        if (is_last_conv(e, i, ends) && behind[nn_graph_node_at(g, i).out])
            count--;
    return count <= 0;
}

// The index of the layer; -1: none.
static int find_default(const nn_explainer *e, bool *ends, bool *behind)
{
    const bool dense = e->decoder && !e->decoder->whole_frame;
    const int count = count_ends(e, ends, behind);
    int spare = -1;
    for (int i = e->layer_count - 1; i >= 0; i--) {
        const nn_value v = e->layers[i];
        const nn_value_info info = nn_graph_value(e->model->graph, v);
        if (!is_maps(e, v) || only_moves(nn_graph_node_at(e->model->graph, info.index).op))
            continue;
        spare = spare < 0 ? i : spare;
        if (!dense && count <= 1)
            return i;
        if (!ends[v] && feeds_all(e, v, ends, count, behind))
            return i;
    }
    return spare;
}

nn_status nn_explainer_list_layers(nn_explainer *e, nn_error *err)
{
    const nn_graph *g = e->model->graph;
    const size_t values = (size_t)nn_graph_value_count(g);
    bool *behind = nn_calloc(values, sizeof *behind), *ends = nn_calloc(values, sizeof *ends);
    e->layers = nn_calloc(values, sizeof *e->layers);
    nn_status status = NN_OK;
    if (!behind || !ends || !e->layers)
        status = nn_fail(err, NN_ENOMEM, "no memory to list the layers");
    if (status == NN_OK) {
        mark_behind(g, nn_graph_input_at(g, 0), behind);
        for (int i = 0; i < nn_graph_node_count(g); i++) {
            const nn_value v = nn_graph_node_at(g, i).out;
            if (behind[v] && is_layer(nn_plan_shape(e->plan, v)))
                e->layers[e->layer_count++] = v;
        }
        e->default_layer = find_default(e, ends, behind);
    }
    nn_free(behind);
    nn_free(ends);
    return status;
}

static bool is_used(const nn_explainer *e, const nn_explain_seeds *s, int i)
{
    const int64_t n = nn_shape_count(nn_plan_shape(e->plan, s->from[i]));
    for (int64_t k = 0; k < n; k++)
        if (s->weight[i][k] != 0)
            return true;
    return false;
}

// The last layer in front of the last convolutions that leads to the value; else `spare`.
static int find_in_front(const nn_explainer *e, nn_value to, int spare, bool *ends, bool *behind)
{
    const nn_graph *g = e->model->graph;
    count_ends(e, ends, behind);
    for (int i = e->layer_count - 1; i >= 0; i--) {
        const nn_value v = e->layers[i];
        const nn_value_info info = nn_graph_value(g, v);
        if (ends[v] || !is_maps(e, v) || only_moves(nn_graph_node_at(g, info.index).op))
            continue;
        mark_behind(g, v, behind);
        if (behind[to])
            return i;
    }
    return spare;
}

nn_status nn_explainer_layer_of(const nn_explainer *e, const nn_explain_seeds *s, int *layer,
                                nn_error *err)
{
    int used = 0, which = 0;
    *layer = e->default_layer;
    for (int i = 0; i < s->count; i++)
        if (is_used(e, s, i)) {
            used++;
            which = i;
        }
    if (used != 1 || !e->decoder || e->decoder->whole_frame)
        return NN_OK;
    const size_t values = (size_t)nn_graph_value_count(e->model->graph);
    bool *memory = nn_calloc(2 * values, sizeof *memory);
    if (!memory)
        return nn_fail(err, NN_ENOMEM, "no memory to choose a layer");
    *layer = find_in_front(e, s->from[which], e->default_layer, memory, memory + values);
    nn_free(memory);
    return NN_OK;
}

int nn_explainer_layer_count(const nn_explainer *e)
{
    return e->layer_count;
}

nn_explain_layer nn_explainer_layer(const nn_explainer *e, int i)
{
    if (i < 0 || i >= e->layer_count)
        return (nn_explain_layer){.name = "", .op = ""};
    const nn_value_info info = nn_graph_value(e->model->graph, e->layers[i]);
    const nn_shape *s = nn_plan_shape(e->plan, e->layers[i]);
    return (nn_explain_layer){.name = info.name,
                              .op = nn_graph_node_at(e->model->graph, info.index).op->name,
                              .channels = (int)s->dim[1],
                              .height = s->rank == 4 ? (int)s->dim[2] : 0,
                              .width = s->rank == 4 ? (int)s->dim[3] : 0};
}

int nn_explainer_default_layer(const nn_explainer *e)
{
    return e->default_layer;
}

typedef struct near_name {
    const char *name;
    int distance;
} near_name;

// The fewest edits that make the typed word a part of the name count less than those of the whole.
static int distance_of(const char *typed, const char *name)
{
    return strstr(name, typed) ? -1 : nn_spelling_distance(typed, name);
}

static void insert(near_name *near, int most, near_name one)
{
    for (int i = 0; i < most; i++)
        if (!near[i].name || one.distance < near[i].distance) {
            const near_name moved = near[i];
            near[i] = one;
            if (!moved.name)
                return;
            one = moved;
        }
}

int nn_explainer_find_layer(const nn_explainer *e, const char *name, nn_error *err)
{
    enum { MOST = 6 };
    near_name near[MOST] = {0};
    char list[360] = "";
    for (int i = 0; i < e->layer_count; i++) {
        const char *layer = nn_graph_value(e->model->graph, e->layers[i]).name;
        if (strcmp(layer, name) == 0)
            return i;
        insert(near, MOST, (near_name){layer, distance_of(name, layer)});
    }
    for (int i = 0; i < MOST && near[i].name; i++) {
        const size_t have = strlen(list);
        snprintf(list + have, sizeof list - have, "%s%.60s", i ? ", " : "", near[i].name);
    }
    nn_fail(err, NN_ENOTFOUND, "no layer is called '%.60s'; near are: %s", name, list);
    return -1;
}
