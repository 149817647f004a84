// SPDX-License-Identifier: MIT
// Multiply-accumulates: of nodes without what is removed, and of single units.
#include "nn/ops/ops.h"
#include "nn/prune/pruner.h"

enum { WEIGHT = 1 };

// Work is in proportion to every axis of the weight of a layer; to those of the output elsewhere.
static nn_value value_of_work(const nn_node_info *node)
{
    const nn_op *op = node->op;
    return op == &nn_op_conv2d || op == &nn_op_linear || op == &nn_op_conv_transpose ||
                   op == &nn_op_matmul
               ? node->in[WEIGHT]
               : node->out;
}

double nn_prune_node_macs(const nn_pruner *p, int i)
{
    const nn_channels *c = &p->channels;
    const nn_node_info node = nn_graph_node_at(c->graph, i);
    double macs = p->macs[i];
    for (int axis = 0; axis < NN_MAX_RANK && macs > 0; axis++) {
        const nn_channel_list *list = nn_channels_at(c, value_of_work(&node), axis);
        macs *= list ? (double)nn_channels_kept(c, list, p->removed) / list->count : 1;
    }
    return macs;
}

void nn_prune_find_costs(nn_pruner *p)
{
    const nn_channels *c = &p->channels;
    for (int i = 0; i < nn_graph_node_count(c->graph); i++) {
        const nn_node_info node = nn_graph_node_at(c->graph, i);
        for (int axis = 0; axis < NN_MAX_RANK; axis++) {
            const nn_channel_list *list = nn_channels_at(c, value_of_work(&node), axis);
            for (int k = 0; list && k < list->count; k++)
                p->cost[nn_channels_root(c, list->atom[k])] += p->macs[i] / list->count;
        }
    }
}
