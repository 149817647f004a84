// SPDX-License-Identifier: MIT
// Shape inference: from input shapes through every node.
#include "nn/base/memory.h"
#include "nn/graph/plan_internal.h"

static nn_status infer_node(nn_plan *plan, int i, nn_shape *in, nn_error *err)
{
    nn_node_info node = nn_graph_node_at(plan->model->graph, i);
    for (int k = 0; k < node.n_in; k++)
        in[k] = node.in[k] == NN_NO_VALUE ? (nn_shape){.rank = -1} : plan->values[node.in[k]].shape;
    nn_shape *out = &plan->values[node.out].shape;
    nn_status status = node.op->shape(node.params, in, node.n_in, out, err);
    if (!status)
        status = nn_shape_check(out, NN_F32, err);
    char image[64] = "";
    if (status) {
        nn_shape_text(&plan->values[nn_graph_input_at(plan->model->graph, 0)].shape, image,
                      sizeof image);
        return nn_fail_prefix(err, status, "node %s (%s) with an input of %s", node.name,
                              node.op->name, image);
    }
    if (node.op->macs)
        plan->nodes[i].macs = node.op->macs(node.params, in, node.n_in, out);
    return NN_OK;
}

nn_status nn_plan_infer_shapes(nn_plan *plan, const nn_shape *inputs, int n_inputs, nn_error *err)
{
    const nn_graph *g = plan->model->graph;
    if (n_inputs != nn_graph_input_count(g))
        return nn_fail(err, NN_EINVAL, "the graph has %d inputs, %d shapes were given",
                       nn_graph_input_count(g), n_inputs);
    for (int v = 0; v < plan->value_count; v++) {
        nn_value_info info = nn_graph_value(g, v);
        if (info.kind == NN_VALUE_INPUT)
            plan->values[v].shape = inputs[info.index];
        else if (info.kind == NN_VALUE_PARAM)
            plan->values[v] = plan->model->params[info.index];
        nn_status status = nn_shape_check(&plan->values[v].shape, NN_F32, err);
        if (status)
            return nn_fail_prefix(err, status, "%s", info.name);
    }
    nn_shape *in = nn_calloc(NN_OP_MAX_IN, sizeof *in);
    if (!in)
        return nn_fail(err, NN_ENOMEM, "no memory to plan the graph");
    nn_status status = NN_OK;
    for (int i = 0; i < plan->node_count && !status; i++)
        status = infer_node(plan, i, in, err);
    nn_free(in);
    return status;
}
