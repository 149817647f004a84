// SPDX-License-Identifier: MIT
// Images that are multiplied by a number for each channel (squeeze and excitation) and then read by
// one node only are not written: the reader multiplies its weights instead.
#include "nn/base/memory.h"
#include "nn/graph/plan_parts.h"

static nn_node_info node_at(const nn_plan *plan, int i)
{
    return nn_graph_node_at(plan->model->graph, i);
}

// Readers of each value, outputs of the graph included, and the last node that reads it.
static void count_readers(const nn_plan *plan, int *count, int *reader)
{
    const nn_graph *g = plan->model->graph;
    for (int i = 0; i < plan->node_count; i++) {
        const nn_node_info node = node_at(plan, i);
        for (int k = 0; k < node.n_in; k++)
            if (node.in[k] >= 0) {
                count[node.in[k]]++;
                reader[node.in[k]] = i;
            }
    }
    for (int i = 0; i < nn_graph_output_count(g); i++)
        count[nn_graph_output_at(g, i)] += 2;
}

// Whether input k of a product is an image, and the other one has a number for each channel of it.
static bool is_gated(const nn_plan *plan, const nn_node_info *node, int k)
{
    const nn_value x = node->in[k], gate = node->in[1 - k];
    if (x < 0 || gate < 0 || plan->constant[x] || plan->constant[gate] || !plan->blocked[x])
        return false;
    const nn_shape *image = &nn_plan_dense(plan, x)->shape;
    const nn_shape *numbers = &nn_plan_dense(plan, gate)->shape;
    const nn_shape want = nn_shape_4d(image->dim[0], image->dim[1], 1, 1);
    return image->rank == 4 && nn_shape_span(image, 2, 4) > 1 && nn_shape_equal(numbers, &want) &&
           !(plan->views && (plan->views[x].on || plan->views[gate].on));
}

// Lets the reader of node i multiply, if it can.
static void try_node(nn_plan *plan, int i, const int *count, const int *reader)
{
    const nn_node_info node = node_at(plan, i);
    if (!(node.op->flags & NN_OP_PRODUCT) || plan->nodes[i].kind != PLAN_IMPL ||
        count[node.out] != 1)
        return;
    const int j = reader[node.out], k = is_gated(plan, &node, 0) ? 0 : 1;
    plan_node *n = &plan->nodes[j];
    if (!is_gated(plan, &node, k) || n->kind != PLAN_IMPL || !n->impl.gate ||
        node_at(plan, j).in[0] != node.out)
        return;
    n->call.gated = true;
    n->image = node.in[k];
    n->gate = node.in[1 - k];
    plan->nodes[i].kind = PLAN_MERGED;
}

nn_status nn_plan_find_gates(nn_plan *plan, nn_error *err)
{
    if (plan->options.keep_values || plan->options.knobs.disabled_passes & NN_PASS_GATE)
        return NN_OK;
    const size_t values = (size_t)plan->value_count;
    int *count = nn_calloc(values, sizeof *count), *reader = nn_calloc(values, sizeof *reader);
    const bool enough = count && reader;
    if (enough)
        count_readers(plan, count, reader);
    for (int i = 0; i < plan->node_count && enough; i++)
        try_node(plan, i, count, reader);
    nn_free(count);
    nn_free(reader);
    return enough ? NN_OK : nn_fail(err, NN_ENOMEM, "no memory for a plan's gates");
}
