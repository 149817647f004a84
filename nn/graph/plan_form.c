// SPDX-License-Identifier: MIT
// How the nodes of a compiled plan compute.
#include "nn/graph/plan_form.h"

#include "nn/graph/plan_parts.h"

bool nn_plan_node_runs(const nn_plan *plan, int node)
{
    return plan->nodes[node].kind != PLAN_FOLDED && plan->nodes[node].kind != PLAN_MERGED;
}

nn_value nn_plan_node_reads(const nn_plan *plan, int node, int k)
{
    const nn_value *bytes = plan->nodes[node].bytes;
    return bytes && bytes[k] >= 0 ? bytes[k] : nn_graph_node_at(plan->model->graph, node).in[k];
}

nn_value nn_plan_node_writes(const nn_plan *plan, int node)
{
    const nn_node_info info = nn_graph_node_at(plan->model->graph, node);
    return nn_plan_written(plan->nodes[node].bytes, &info);
}

const nn_op_quantized *nn_plan_node_quantized(const nn_plan *plan, int node)
{
    return plan->nodes[node].quantized;
}

nn_act nn_plan_node_act(const nn_plan *plan, int node)
{
    return plan->nodes[node].call.act;
}

bool nn_plan_value_is_bytes(const nn_plan *plan, nn_value v)
{
    return nn_plan_is_bytes(&plan->bytes, v);
}

bool nn_plan_value_is_constant(const nn_plan *plan, nn_value v)
{
    return plan->constant[v];
}
