// SPDX-License-Identifier: MIT
// Shape inference: from the input shapes through every node.
#include "nn/base/memory.h"
#include "nn/graph/graph.h"

static nn_status infer_node(const nn_graph *g, int i, nn_shape *in, nn_shape *shapes, double *macs,
                            nn_error *err)
{
    nn_node_info node = nn_graph_node_at(g, i);
    for (int k = 0; k < node.n_in; k++)
        in[k] = node.in[k] == NN_NO_VALUE ? (nn_shape){.rank = -1} : shapes[node.in[k]];
    nn_shape *out = &shapes[node.out];
    nn_status status = node.op->shape(node.params, in, node.n_in, out, err);
    if (!status)
        status = nn_shape_check(out, NN_F32, err);
    if (status) {
        char image[64] = "nothing";
        if (nn_graph_input_count(g) > 0)
            nn_shape_text(&shapes[nn_graph_input_at(g, 0)], image, sizeof image);
        return nn_fail_prefix(err, status, "node %s (%s) with an input of %s", node.name,
                              node.op->name, image);
    }
    if (macs)
        macs[i] = node.op->macs ? node.op->macs(node.params, in, node.n_in, out) : 0;
    return NN_OK;
}

nn_status nn_graph_infer(const nn_graph *g, const nn_shape *inputs, int n_inputs, nn_shape *shapes,
                         double *macs, nn_error *err)
{
    if (n_inputs != nn_graph_input_count(g))
        return nn_fail(err, NN_EINVAL, "the graph has %d inputs, %d shapes were given",
                       nn_graph_input_count(g), n_inputs);
    for (int v = 0; v < nn_graph_value_count(g); v++) {
        nn_value_info info = nn_graph_value(g, v);
        if (info.kind == NN_VALUE_NODE)
            continue;
        shapes[v] = info.kind == NN_VALUE_INPUT ? inputs[info.index] : *info.shape;
        nn_status status = nn_shape_check(&shapes[v], NN_F32, err);
        if (status)
            return nn_fail_prefix(err, status, "%s", info.name);
    }
    nn_shape *in = nn_calloc(NN_OP_MAX_IN, sizeof *in);
    if (!in)
        return nn_fail(err, NN_ENOMEM, "no memory to find the shapes of the graph");
    nn_status status = NN_OK;
    for (int i = 0; i < nn_graph_node_count(g) && !status; i++)
        status = infer_node(g, i, in, shapes, macs, err);
    nn_free(in);
    return status;
}
