// SPDX-License-Identifier: MIT
// Walks back from batch norms to the biases that they cancel.
#include "nn/train/unused_params.h"

#include "nn/base/memory.h"
#include "nn/ops/ops.h"

#include <string.h>

enum { CHANNELS = 1, SCALE = 1, BIAS = 2 }; // an axis; inputs of batch_norm, conv2d

// A convolution without padding and activation, whose outputs are plain sums over its input.
static bool is_plain(const nn_conv2d_params *p)
{
    return p->act == NN_ACT_NONE && !p->pad[0] && !p->pad[1] && !p->pad[2] && !p->pad[3];
}

// Whether a constant added to a channel of input k has no effect behind the node; lost[v] tells the
// same of the values behind.
static bool loses(const nn_graph *g, const nn_node_info *node, int k, const bool *lost,
                  const bool *frozen)
{
    if (node->op == &nn_op_batch_norm) {
        const nn_value_info scale = nn_graph_value(g, node->in[SCALE]);
        return k == 0 && scale.kind == NN_VALUE_PARAM && !frozen[scale.index];
    }
    if (node->op == &nn_op_concat)
        return ((const nn_concat_params *)node->params)->axis == CHANNELS && lost[node->out];
    // a constant for each channel becomes one for each output channel
    if (node->op == &nn_op_conv2d)
        return k == 0 && is_plain(node->params) && lost[node->out];
    return node->op == &nn_op_max_pool && lost[node->out];
}

// lost[v]: no node that reads v is affected by a constant added to a channel of it.
static void find_lost(const nn_graph *g, const bool *frozen, bool *lost, bool *seen)
{
    for (int i = 0; i < nn_graph_output_count(g); i++)
        seen[nn_graph_output_at(g, i)] = true;
    for (int i = nn_graph_node_count(g) - 1; i >= 0; i--) {
        const nn_node_info node = nn_graph_node_at(g, i);
        lost[node.out] = lost[node.out] && !seen[node.out];
        for (int k = 0; k < node.n_in; k++) {
            if (node.in[k] < 0)
                continue;
            const bool gone = loses(g, &node, k, lost, frozen);
            lost[node.in[k]] = lost[node.in[k]] || gone;
            seen[node.in[k]] = seen[node.in[k]] || !gone;
        }
    }
}

// Number of nodes that read a value.
static int count_readers(const nn_graph *g, nn_value v)
{
    int readers = 0;
    for (int i = 0; i < nn_graph_node_count(g); i++) {
        const nn_node_info node = nn_graph_node_at(g, i);
        for (int k = 0; k < node.n_in; k++)
            readers += node.in[k] == v;
    }
    return readers;
}

nn_status nn_freeze_unused(const nn_graph *g, bool *frozen, nn_error *err)
{
    const size_t values = (size_t)nn_graph_value_count(g);
    bool *lost = nn_calloc(values, sizeof *lost), *seen = nn_calloc(values, sizeof *seen);
    if (lost && seen)
        find_lost(g, frozen, lost, seen);
    for (int i = 0; lost && seen && i < nn_graph_node_count(g); i++) {
        const nn_node_info node = nn_graph_node_at(g, i);
        if (node.op != &nn_op_conv2d || node.n_in <= BIAS || node.in[BIAS] < 0 || !lost[node.out] ||
            ((const nn_conv2d_params *)node.params)->act != NN_ACT_NONE)
            continue;
        const nn_value_info bias = nn_graph_value(g, node.in[BIAS]);
        if (bias.kind == NN_VALUE_PARAM && count_readers(g, node.in[BIAS]) == 1)
            frozen[bias.index] = true;
    }
    const bool done = lost && seen;
    nn_free(lost);
    nn_free(seen);
    return done ? NN_OK : nn_fail(err, NN_ENOMEM, "training: no memory");
}
