// SPDX-License-Identifier: MIT
// The steps of a run, once every value has its place: nodes, copies into the other layout, halos
// set to zero.
#include "nn/base/memory.h"
#include "nn/graph/plan_parts.h"
#include "nn/ops/common/blocked_rows.h"

static plan_step *add_step(nn_plan *plan, plan_step_kind kind, int node)
{
    plan_step *s = &plan->steps[plan->step_count++];
    *s = (plan_step){.kind = kind, .node = node};
    return s;
}

static void add_copy(nn_plan *plan, int node, int to, int blocks_in, int from)
{
    plan_step *s = add_step(plan, PLAN_COPY, node);
    const nn_tensor *target = &plan->slots[to].tensor;
    s->from = plan->slots[from].tensor;
    s->to = *target;
    s->to.shape = s->from.shape;
    s->to.data = (float *)target->data + blocks_in * target->plane;
}

static void add_clear(nn_plan *plan, int node, int slot, bool *cleared)
{
    int in_blocks, root = nn_plan_owner_of(plan, slot, &in_blocks);
    const nn_halo *h = &plan->slots[root].halo;
    if (cleared[root] || h->top + h->left + h->bottom + h->right == 0)
        return;
    cleared[root] = true;
    plan_step *s = add_step(plan, PLAN_CLEAR, node);
    s->to = plan->slots[root].tensor;
    if (plan->slots[root].blocks)
        s->to.shape.dim[1] = (int64_t)plan->slots[root].blocks * NN_BLOCK;
    s->halo = *h;
    if (nn_plan_is_bytes(&plan->bytes, root - plan->value_count))
        s->byte = plan->bytes.zero[root - plan->value_count];
}

// Adds a copy of a value in its other layout, when a node reads that.
static void add_other_layout(nn_plan *plan, int node, nn_value v, bool *cleared)
{
    int native = nn_plan_native(plan, v), other = native == v ? plan->value_count + v : v;
    if (!plan->slots[other].used)
        return;
    if (other >= plan->value_count)
        add_clear(plan, node, other, cleared);
    add_copy(plan, node, other, 0, native);
}

static void add_join(nn_plan *plan, int i)
{
    nn_node_info node = nn_graph_node_at(plan->model->graph, i);
    int out = plan->value_count + node.out, at = 0, out_blocks, in_blocks;
    int root = nn_plan_owner_of(plan, out, &out_blocks);
    for (int k = 0; k < node.n_in; k++) {
        int slot = plan->value_count + node.in[k];
        if (nn_plan_owner_of(plan, slot, &in_blocks) != root || in_blocks != out_blocks + at)
            add_copy(plan, i, out, at, slot);
        at += (int)nn_blocked_count(plan->slots[slot].tensor.shape.dim[1]);
    }
}

static void list_steps(nn_plan *plan, bool *cleared)
{
    const nn_graph *g = plan->model->graph;
    for (int k = 0; k < nn_graph_input_count(g); k++)
        add_other_layout(plan, 0, nn_graph_input_at(g, k), cleared);
    for (int i = 0; i < plan->node_count; i++) {
        nn_node_info node = nn_graph_node_at(plan->model->graph, i);
        if (plan->nodes[i].kind == PLAN_FOLDED || plan->nodes[i].kind == PLAN_VIEW ||
            plan->nodes[i].kind == PLAN_MERGED)
            continue;
        const nn_value out = nn_plan_written(plan->nodes[i].bytes, &node);
        if (plan->blocked[out])
            add_clear(plan, i, plan->value_count + out, cleared);
        if (plan->nodes[i].kind == PLAN_JOIN)
            add_join(plan, i);
        else
            add_step(plan, PLAN_RUN, i);
        add_other_layout(plan, i, out, cleared);
    }
}

static void fill_tensors(nn_plan *plan)
{
    for (int i = 0; i < plan->node_count; i++) {
        nn_node_info node = nn_graph_node_at(plan->model->graph, i);
        plan_node *n = &plan->nodes[i];
        for (int k = 0; k < node.n_in; k++) {
            int slot = nn_plan_read_slot(plan, i, &node, k);
            if (slot >= 0)
                n->in[k] = plan->slots[slot].tensor;
            else if (node.in[k] >= 0) // only its shape is read; data tells that it is there
                n->in[k] =
                    nn_tensor_dense(NN_F32, nn_plan_dense(plan, node.in[k])->shape,
                                    plan->slots[nn_plan_native(plan, node.in[k])].tensor.data);
            else
                n->in[k] = (nn_tensor){.shape.rank = -1};
        }
        const plan_view *view = nn_plan_view_read(plan, i);
        if (view) {
            n->in[0].shape.dim[1] = view->count;
            n->call.lanes = view->lane;
        }
        if (n->call.gated)
            n->in[node.n_in] = plan->slots[plan->value_count + n->gate].tensor;
        n->call.in = n->in;
        n->call.quantized = n->quantized;
        n->call.out =
            &plan->slots[nn_plan_native(plan, nn_plan_written(plan->nodes[i].bytes, &node))].tensor;
    }
}

nn_status nn_plan_list_steps(nn_plan *plan, nn_error *err)
{
    const nn_graph *g = plan->model->graph;
    size_t most = 2 * (size_t)nn_graph_input_count(g);
    for (int i = 0; i < plan->node_count; i++)
        most += 4 + (size_t)nn_graph_node_at(plan->model->graph, i).n_in;
    bool *cleared = nn_calloc(2 * (size_t)plan->value_count, sizeof *cleared);
    plan->steps = nn_calloc(most, sizeof *plan->steps);
    nn_status status = NN_OK;
    fill_tensors(plan);
    if (cleared && plan->steps)
        list_steps(plan, cleared);
    else
        status = nn_fail(err, NN_ENOMEM, "no memory for %zu steps of a plan", most);
    nn_free(cleared);
    return status;
}
