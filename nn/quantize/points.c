// SPDX-License-Identifier: MIT
// Finds the layers and values of a graph that are quantised.
#include "nn/quantize/points.h"

#include "nn/base/memory.h"
#include "nn/base/spelling.h"
#include "nn/ops/ops.h"

#include <string.h>

enum { DATA, WEIGHT };      // inputs of layers
enum { SMALL_PART = 1000 }; // dense layers with fewer of all multiply-accumulates stay float32

typedef enum node_kind {
    OTHER, // its inputs stay as they are
    LAYER,
    MOVES,   // numbers keep their scale
    MAPS,    // one input, number by number; runs with what makes its input
    COMPUTES // inputs and output have scales of their own
} node_kind;

static bool is_mapped(const nn_op *op)
{
#define ROW(word, ...) || op == &nn_op_##word
    return op == &nn_op_pointwise NN_ACT_OPS(ROW);
#undef ROW
}

static bool is_moving(const nn_node_info *node)
{
    const nn_op *op = node->op;
    if (op == &nn_op_resize)
        return ((const nn_resize_params *)node->params)->mode == NN_RESIZE_NEAREST;
    if (op == &nn_op_pad) {
        const nn_pad_params *p = node->params;
        return p->mode != NN_PAD_CONSTANT || p->value == 0;
    }
    return op == &nn_op_max_pool || op == &nn_op_concat || op == &nn_op_reshape ||
           op == &nn_op_flatten || op == &nn_op_slice || op == &nn_op_transpose ||
           op == &nn_op_tile;
}

static bool is_computing(const nn_op *op)
{
    return op == &nn_op_add || op == &nn_op_mul || op == &nn_op_avg_pool ||
           op == &nn_op_adaptive_avg_pool || op == &nn_op_batch_norm || op == &nn_op_resize ||
           op == &nn_op_reduce;
}

typedef struct finder {
    nn_quantize_points *points;
    const nn_graph *graph;
    const nn_shape *shapes;
    int *uses;    // readers of each value, outputs included
    bool *mapped; // a value that what follows it computes on before it is quantised
} finder;

static node_kind kind_of(const finder *f, int i)
{
    const nn_node_info node = nn_graph_node_at(f->graph, i);
    return f->points->layer[i]     ? LAYER
           : is_moving(&node)      ? MOVES
           : is_mapped(node.op)    ? MAPS
           : is_computing(node.op) ? COMPUTES
                                   : OTHER;
}

static bool is_kept(const char *const *keep, const char *name)
{
    for (; keep && *keep; keep++)
        if (strcmp(*keep, name) == 0)
            return true;
    return false;
}

static bool may_be_layer(const nn_graph *g, const nn_node_info *node)
{
    return (node->op == &nn_op_conv2d || node->op == &nn_op_linear) && node->n_in > WEIGHT &&
           nn_graph_value(g, node->in[WEIGHT]).kind == NN_VALUE_PARAM &&
           nn_graph_value(g, node->in[DATA]).kind != NN_VALUE_PARAM;
}

static nn_status check_keep(const nn_graph *g, const char *const *keep, nn_error *err)
{
    for (; keep && *keep; keep++) {
        bool found = false;
        for (int i = 0; i < nn_graph_node_count(g) && !found; i++) {
            const nn_node_info node = nn_graph_node_at(g, i);
            found = may_be_layer(g, &node) && strcmp(node.name, *keep) == 0;
        }
        if (!found)
            return nn_fail(err, NN_ENOTFOUND, "no convolution or dense layer is called '%.80s'",
                           *keep);
    }
    return NN_OK;
}

static void find_layers(finder *f, const double *macs, const char *const *keep)
{
    const nn_graph *g = f->graph;
    double all = 0;
    for (int i = 0; i < nn_graph_node_count(g); i++)
        all += macs[i];
    for (int i = 0; i < nn_graph_node_count(g); i++) {
        const nn_node_info node = nn_graph_node_at(g, i);
        const bool small = node.op == &nn_op_linear && macs[i] * SMALL_PART < all;
        f->points->layer[i] = may_be_layer(g, &node) && !small && !is_kept(keep, node.name);
        f->points->layer_count += f->points->layer[i];
    }
}

static int find_group(int *group, int v)
{
    while (group[v] != v)
        v = group[v] = group[group[v]];
    return v;
}

static void join(finder *f, int a, int b)
{
    int *group = f->points->group;
    group[find_group(group, a)] = find_group(group, b);
}

// A number for each channel, such as the gate of an attention: it costs nothing as float32.
static bool is_gate(const finder *f, const nn_node_info *node, int k)
{
    return node->op == &nn_op_mul &&
           nn_shape_count(&f->shapes[node->in[k]]) < nn_shape_count(&f->shapes[node->out]);
}

static void mark_inputs(finder *f, const nn_node_info *node, node_kind kind)
{
    for (int k = 0; k < node->n_in; k++) {
        const nn_value v = node->in[k];
        if (v < 0 || nn_graph_value(f->graph, v).kind == NN_VALUE_PARAM || is_gate(f, node, k) ||
            (kind == LAYER && k == WEIGHT) || (k < 64 && node->op->shape_only >> k & 1))
            continue;
        const nn_value_info info = nn_graph_value(f->graph, v);
        const bool fused = kind == MAPS && info.kind == NN_VALUE_NODE && f->uses[v] == 1 &&
                           kind_of(f, info.index) == COMPUTES;
        if (fused)
            f->mapped[v] = true;
        else
            f->points->quantized[v] = true;
        if (kind == MOVES)
            join(f, v, node->out);
    }
}

static void mark(finder *f)
{
    const nn_graph *g = f->graph;
    for (int i = nn_graph_node_count(g) - 1; i >= 0; i--) {
        const nn_node_info node = nn_graph_node_at(g, i);
        const node_kind kind = kind_of(f, i);
        if (kind == LAYER ||
            (kind != OTHER && (f->points->quantized[node.out] || f->mapped[node.out])))
            mark_inputs(f, &node, kind);
    }
    for (int v = 0; v < nn_graph_value_count(g); v++)
        f->points->group[v] = find_group(f->points->group, v);
}

static void count_uses(finder *f)
{
    const nn_graph *g = f->graph;
    for (int i = 0; i < nn_graph_node_count(g); i++) {
        const nn_node_info node = nn_graph_node_at(g, i);
        for (int k = 0; k < node.n_in; k++)
            if (node.in[k] >= 0)
                f->uses[node.in[k]]++;
    }
    for (int i = 0; i < nn_graph_output_count(g); i++)
        f->uses[nn_graph_output_at(g, i)]++;
}

static nn_status find_macs(const nn_graph *g, const nn_shape *shapes, double *macs)
{
    for (int i = 0; i < nn_graph_node_count(g); i++) {
        const nn_node_info node = nn_graph_node_at(g, i);
        nn_shape in[NN_OP_MAX_IN];
        for (int k = 0; k < node.n_in; k++)
            in[k] = node.in[k] >= 0 ? shapes[node.in[k]] : (nn_shape){.rank = -1};
        macs[i] = node.op->macs ? node.op->macs(node.params, in, node.n_in, &shapes[node.out]) : 0;
    }
    return NN_OK;
}

nn_status nn_quantize_points_find(nn_quantize_points *p, const nn_model *m, const nn_shape *shapes,
                                  const char *const *keep, nn_error *err)
{
    const nn_graph *g = m->graph;
    const size_t nodes = (size_t)nn_graph_node_count(g), values = (size_t)nn_graph_value_count(g);
    *p = (nn_quantize_points){.layer = nn_calloc(nodes, sizeof *p->layer),
                              .quantized = nn_calloc(values, sizeof *p->quantized),
                              .group = nn_calloc(values, sizeof *p->group)};
    finder f = {.points = p,
                .graph = g,
                .shapes = shapes,
                .uses = nn_calloc(values, sizeof *f.uses),
                .mapped = nn_calloc(values, sizeof *f.mapped)};
    double *macs = nn_calloc(nodes, sizeof *macs);
    nn_status status = p->layer && p->quantized && p->group && f.uses && f.mapped && macs
                           ? check_keep(g, keep, err)
                           : nn_fail(err, NN_ENOMEM, "out of memory");
    if (status == NN_OK)
        status = find_macs(g, shapes, macs);
    if (status == NN_OK) {
        for (size_t v = 0; v < values; v++)
            p->group[v] = (int)v;
        find_layers(&f, macs, keep);
        count_uses(&f);
        mark(&f);
    }
    nn_free(f.uses);
    nn_free(f.mapped);
    nn_free(macs);
    return status;
}

void nn_quantize_points_release(nn_quantize_points *p)
{
    nn_free(p->layer);
    nn_free(p->quantized);
    nn_free(p->group);
    *p = (nn_quantize_points){0};
}
