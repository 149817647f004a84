// SPDX-License-Identifier: MIT
// Compiling a plan: constants brought into the order of the chosen implementations, and parameters
// released that no run reads any more.
#include "nn/base/arith.h"
#include "nn/base/memory.h"
#include "nn/graph/plan_parts.h"

// Nodes that need parameter v again: those to pack, those that read it in a run.
static int count_readers(const nn_plan *plan, nn_value v, const bool *packed)
{
    int readers = 0;
    for (int i = 0; i < plan->node_count; i++) {
        const plan_node *n = &plan->nodes[i];
        const nn_node_info node = nn_graph_node_at(plan->model->graph, i);
        for (int k = 0; k < node.n_in && n->kind != PLAN_FOLDED; k++) {
            const bool unread = n->kind == PLAN_IMPL && k < 64 && n->impl.unread >> k & 1;
            readers += node.in[k] == v && !(unread && packed[i]);
        }
    }
    return readers;
}

// Whether all that node i packs is read by no other node any more, and is a parameter.
static bool is_last_reader(const nn_plan *plan, int i, const bool *packed)
{
    const nn_node_info node = nn_graph_node_at(plan->model->graph, i);
    for (int k = 0; k < node.n_in && k < 64; k++)
        if (plan->nodes[i].impl.unread >> k & 1 && node.in[k] >= 0 &&
            (nn_graph_value(plan->model->graph, node.in[k]).kind != NN_VALUE_PARAM ||
             count_readers(plan, node.in[k], packed)))
            return false;
    return true;
}

// Frees parameters of node i that no later node reads.
static void release_params(nn_plan *plan, int i, const bool *packed)
{
    const nn_node_info node = nn_graph_node_at(plan->model->graph, i);
    for (int k = 0; k < node.n_in; k++) {
        const nn_value v = node.in[k];
        if (v < 0 || nn_graph_value(plan->model->graph, v).kind != NN_VALUE_PARAM ||
            count_readers(plan, v, packed))
            continue;
        nn_tensor_release(
            &plan->options.release_weights_of->params[nn_graph_value(plan->model->graph, v).index]);
        nn_plan_dense(plan, v)->data = NULL;
    }
}

// No node keeps an address of what was freed.
static void forget_params(nn_plan *plan)
{
    for (int i = 0; i < plan->node_count; i++) {
        const nn_node_info node = nn_graph_node_at(plan->model->graph, i);
        for (int k = 0; k < node.n_in && k < 64; k++)
            if (plan->nodes[i].impl.unread >> k & 1)
                plan->nodes[i].in[k].data = nn_plan_dense(plan, node.in[k])->data;
    }
}

static size_t bytes_read(const nn_plan *plan, int i)
{
    const plan_node *n = &plan->nodes[i];
    size_t bytes = 0;
    for (int k = 0; k < n->call.n_in && k < 64; k++)
        bytes += n->impl.unread >> k & 1 ? nn_tensor_bytes(&n->call.in[k]) : 0;
    return bytes;
}

// Of the nodes whose weights are not packed yet, the one with the largest parameters; -1: none is
// left.
static int find_next(const nn_plan *plan, const bool *packed)
{
    int found = -1;
    size_t most = 0;
    for (int i = 0; i < plan->node_count; i++) {
        if (packed[i] || plan->nodes[i].kind != PLAN_IMPL)
            continue;
        const size_t bytes = bytes_read(plan, i);
        if (found < 0 || bytes > most) {
            found = i;
            most = bytes;
        }
    }
    return found;
}

size_t nn_plan_param_bytes(const nn_plan *plan)
{
    size_t bytes = 0;
    for (int i = 0; i < nn_graph_param_count(plan->model->graph); i++)
        bytes += plan->model->params[i].data ? nn_tensor_bytes(&plan->model->params[i]) : 0;
    return bytes;
}

// The largest parameters come first: they are gone when all others exist twice.
static void pack_nodes(nn_plan *plan, bool *packed)
{
    size_t done = 0;
    for (int i; (i = find_next(plan, packed)) >= 0;) {
        plan_node *n = &plan->nodes[i];
        n->call.packed = (char *)plan->packed + n->packed_offset;
        packed[i] = true;
        n->call.spend = plan->options.release_weights_of && is_last_reader(plan, i, packed);
        if (n->impl.pack)
            n->impl.pack(&n->call, (char *)plan->packed + n->packed_offset);
        done += nn_align_up(n->impl.packed_bytes);
        const size_t now = nn_plan_param_bytes(plan) + done;
        plan->packing_bytes = now > plan->packing_bytes ? now : plan->packing_bytes;
        if (plan->options.release_weights_of)
            release_params(plan, i, packed);
    }
    if (plan->options.release_weights_of)
        forget_params(plan);
}

nn_status nn_plan_pack(nn_plan *plan, nn_error *err)
{
    for (int i = 0; i < plan->node_count; i++) {
        plan->nodes[i].packed_offset = plan->packed_bytes;
        plan->packed_bytes += nn_align_up(plan->nodes[i].impl.packed_bytes);
    }
    plan->packed = nn_alloc(plan->packed_bytes);
    bool *packed = nn_calloc((size_t)plan->node_count, sizeof *packed);
    if (plan->packed && packed)
        pack_nodes(plan, packed);
    nn_free(packed);
    return plan->packed && packed
               ? NN_OK
               : nn_fail(err, NN_ENOMEM, "no memory to compile a plan: %zu bytes",
                         plan->packed_bytes);
}
