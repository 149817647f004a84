// SPDX-License-Identifier: MIT
// What channels are worth: by their weights, by the scales of their batch norms, or by gradients.
#include "nn/prune/pruner.h"

#include "nn/base/memory.h"
#include "nn/ops/ops.h"

#include <math.h>

enum { X, WEIGHT, BIAS }; // inputs of layers and norms

static const nn_tensor *param_of(const nn_pruner *p, nn_value v)
{
    const nn_value_info info = nn_graph_value(p->model->graph, v);
    return info.kind == NN_VALUE_PARAM ? &p->model->params[info.index] : NULL;
}

// Elements [o][row][i] of a tensor, row along `axis`.
typedef struct rows {
    int64_t outer, count, inner;
} rows;

static rows rows_of(const nn_shape *s, int axis)
{
    return (rows){nn_shape_span(s, 0, axis), s->dim[axis], nn_shape_span(s, axis + 1, s->rank)};
}

static double sum_of_sizes(const nn_tensor *t, int axis, int64_t row)
{
    const rows r = rows_of(&t->shape, axis);
    double sum = 0;
    for (int64_t o = 0; o < r.outer; o++)
        for (int64_t i = 0; i < r.inner; i++)
            sum += fabs((double)nn_tensor_f32(t)[(o * r.count + row) * r.inner + i]);
    return sum;
}

// --- weights ---

static nn_status weigh_rows(nn_pruner *p, int *times, nn_error *err)
{
    const nn_channels *c = &p->channels;
    for (int i = 0; i < c->layer_count; i++) {
        const nn_channel_layer *l = &c->layers[i];
        const nn_node_info node = nn_graph_node_at(c->graph, l->node);
        const nn_tensor *weight = param_of(p, node.in[WEIGHT]);
        double mean = 0;
        if (!weight)
            continue;
        for (int k = 0; k < l->list->count; k++)
            mean += sum_of_sizes(weight, l->axis, k) / l->list->count;
        for (int k = 0; k < l->list->count; k++) {
            const int unit = nn_channels_root(c, l->list->atom[k]);
            p->score[unit] += mean > 0 ? sum_of_sizes(weight, l->axis, k) / mean : 0;
            times[unit]++;
        }
    }
    (void)err;
    return NN_OK;
}

// --- scales of batch norms ---

static nn_status weigh_norms(nn_pruner *p, int *times, nn_error *err)
{
    const nn_channels *c = &p->channels;
    bool any = false;
    for (int i = 0; i < nn_graph_node_count(c->graph); i++) {
        const nn_node_info node = nn_graph_node_at(c->graph, i);
        if (node.op != &nn_op_batch_norm || !param_of(p, node.in[WEIGHT]))
            continue;
        const nn_channel_list *list = nn_channels_at(c, node.in[WEIGHT], 0);
        for (int k = 0; list && k < list->count; k++) {
            const int unit = nn_channels_root(c, list->atom[k]);
            p->score[unit] += sum_of_sizes(param_of(p, node.in[WEIGHT]), 0, k);
            times[unit]++;
            any = any || !c->fixed[unit];
        }
    }
    return any ? NN_OK
               : nn_fail(err, NN_EINVAL,
                         "the network has no batch norms behind channels that can be removed: "
                         "another method");
}

// --- gradients ---

static const nn_tensor *grad_of(const nn_pruner *p, const nn_tensor *grads, nn_value v)
{
    const nn_value_info info = nn_graph_value(p->model->graph, v);
    return info.kind == NN_VALUE_PARAM && grads[info.index].data ? &grads[info.index] : NULL;
}

// The slope of the loss along the row: what a gate behind it would get as its gradient.
static double slope(const nn_pruner *p, const nn_tensor *grads, nn_value v, int axis, int64_t row)
{
    const nn_tensor *g = grad_of(p, grads, v);
    double sum = 0;
    if (!g)
        return 0;
    const rows r = rows_of(&g->shape, axis);
    const float *w = nn_tensor_f32(param_of(p, v));
    for (int64_t o = 0; o < r.outer; o++)
        for (int64_t i = 0; i < r.inner; i++) {
            const int64_t at = (o * r.count + row) * r.inner + i;
            sum += (double)w[at] * (double)nn_tensor_f32(g)[at];
        }
    return sum;
}

static void observe(nn_pruner *p, const nn_tensor *grads, const nn_node_info *node, int axis,
                    const nn_channel_list *list)
{
    const bool biased = node->n_in > BIAS && node->in[BIAS] >= 0;
    if (!grad_of(p, grads, node->in[WEIGHT]) && !(biased && grad_of(p, grads, node->in[BIAS])))
        return; // frozen, or no parameter
    for (int k = 0; k < list->count; k++) {
        double sum = slope(p, grads, node->in[WEIGHT], axis, k);
        if (biased)
            sum += slope(p, grads, node->in[BIAS], 0, k);
        const int unit = nn_channels_root(&p->channels, list->atom[k]);
        p->told[unit] = true;
        if (isfinite(sum))
            p->squares[unit] += sum * sum;
    }
}

void nn_pruner_observe(nn_pruner *p, const nn_tensor *grads)
{
    const nn_channels *c = &p->channels;
    for (int i = 0; i < c->layer_count; i++) {
        const nn_node_info node = nn_graph_node_at(c->graph, c->layers[i].node);
        observe(p, grads, &node, c->layers[i].axis, c->layers[i].list);
    }
    for (int i = 0; i < nn_graph_node_count(c->graph); i++) {
        const nn_node_info node = nn_graph_node_at(c->graph, i);
        const nn_channel_list *list =
            node.op == &nn_op_batch_norm ? nn_channels_at(c, node.in[WEIGHT], 0) : NULL;
        if (list)
            observe(p, grads, &node, 0, list);
    }
    p->observed++;
}

static nn_status weigh_slopes(nn_pruner *p, nn_error *err)
{
    if (p->observed == 0)
        return nn_fail(err, NN_EINVAL, "taylor needs gradients, and none were observed");
    for (int a = 0; a < p->channels.atom_count; a++) // what nothing tells of stays
        p->score[a] = p->told[a] ? p->squares[a] / (double)p->observed / fmax(p->cost[a], 1)
                                 : (double)INFINITY;
    return NN_OK;
}

nn_status nn_prune_weigh(nn_pruner *p, nn_error *err)
{
    const int count = p->channels.atom_count;
    if (p->options.method == NN_PRUNE_TAYLOR)
        return weigh_slopes(p, err);
    int *times = nn_calloc((size_t)count, sizeof *times);
    if (!times)
        return nn_fail(err, NN_ENOMEM, "no memory to prune");
    const nn_status status =
        p->options.method == NN_PRUNE_BN ? weigh_norms(p, times, err) : weigh_rows(p, times, err);
    for (int a = 0; a < count; a++) // what nothing tells of stays
        p->score[a] = times[a] > 0 ? p->score[a] / times[a] : (double)INFINITY;
    nn_free(times);
    return status;
}
