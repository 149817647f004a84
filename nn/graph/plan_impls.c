// SPDX-License-Identifier: MIT
// Compiling a plan: constants computed beforehand, and for each node the cheapest implementation.
#include "nn/base/arith.h"
#include "nn/base/memory.h"
#include "nn/graph/plan_parts.h"
#include "nn/graph/tuning_cache.h"
#include "nn/ops/ops.h"
#include "nn/tensor/tensor.h"

#include <string.h>

static nn_status no_memory(nn_error *err, size_t bytes)
{
    return nn_fail(err, NN_ENOMEM, "no memory to compile a plan: %zu bytes", bytes);
}

static bool reads_data(const nn_node_info *node, int k)
{
    return node->in[k] >= 0 && !(k < 64 && node->op->shape_only >> k & 1);
}

static bool is_constant_node(const nn_plan *plan, const nn_node_info *node)
{
    for (int k = 0; k < node->n_in; k++)
        if (reads_data(node, k) && !plan->constant[node->in[k]])
            return false;
    return true;
}

static void node_shapes(const nn_plan *plan, const nn_node_info *node, nn_shape *in)
{
    for (int k = 0; k < node->n_in; k++)
        in[k] = node->in[k] < 0 ? (nn_shape){.rank = -1} : nn_plan_dense(plan, node->in[k])->shape;
}

static nn_status run_once(nn_plan *plan, const nn_node_info *node, nn_shape *shapes, nn_error *err)
{
    nn_tensor in[NN_OP_MAX_IN];
    node_shapes(plan, node, shapes);
    for (int k = 0; k < node->n_in; k++)
        in[k] = node->in[k] < 0 ? nn_tensor_dense(NN_F32, shapes[k], NULL)
                                : *nn_plan_dense(plan, node->in[k]);
    const nn_tensor *out = nn_plan_dense(plan, node->out);
    size_t bytes = node->op->scratch
                       ? node->op->scratch(node->params, shapes, node->n_in, &out->shape, 1, false)
                       : 0;
    void *scratch = nn_alloc(bytes);
    if (!scratch)
        return no_memory(err, bytes);
    nn_op_call call = {.params = node->params,
                       .in = in,
                       .n_in = node->n_in,
                       .out = nn_plan_dense(plan, node->out),
                       .scratch = scratch,
                       .kernels = plan->options.kernels};
    node->op->forward(&call);
    nn_free(scratch);
    return NN_OK;
}

// Nodes that read nothing but constants are run now; their results are constants too.
static nn_status fold_constants(nn_plan *plan, nn_shape *shapes, nn_error *err)
{
    const nn_graph *g = plan->model->graph;
    for (int i = 0; i < plan->node_count; i++) {
        nn_node_info node = nn_graph_node_at(g, i);
        if (!is_constant_node(plan, &node))
            continue;
        plan->nodes[i].kind = PLAN_FOLDED;
        plan->constant[node.out] = true;
        plan->folded_bytes += nn_align_up(nn_tensor_bytes(nn_plan_dense(plan, node.out)));
    }
    char *next = plan->folded = nn_alloc(plan->folded_bytes);
    if (!next)
        return no_memory(err, plan->folded_bytes);
    for (int i = 0; i < plan->node_count; i++) {
        if (plan->nodes[i].kind != PLAN_FOLDED)
            continue;
        nn_node_info node = nn_graph_node_at(g, i);
        nn_plan_dense(plan, node.out)->data = next;
        next += nn_align_up(nn_tensor_bytes(nn_plan_dense(plan, node.out)));
        nn_status status = run_once(plan, &node, shapes, err);
        if (status)
            return status;
    }
    return NN_OK;
}

// Channels that can lie side by side as whole blocks (the last input may end within one).
static bool can_join(const nn_plan *plan, const nn_node_info *node)
{
    if (node->op != &nn_op_concat || nn_plan_dense(plan, node->out)->shape.rank != 4)
        return false;
    int axis = ((const nn_concat_params *)node->params)->axis;
    for (int k = 0; k < node->n_in; k++)
        if (!plan->blocked[node->in[k]] || (plan->views && plan->views[node->in[k]].on) ||
            (k + 1 < node->n_in && nn_plan_dense(plan, node->in[k])->shape.dim[1] % NN_BLOCK))
            return false;
    return axis == 1 || axis == -3;
}

static int pick_impl(const nn_plan *plan, const char *node, const nn_op_impl *impls, int count)
{
    const char *name = nn_tuning_cache_find(plan->options.tuning, node);
    for (int i = 0; name && i < count; i++)
        if (!strcmp(impls[i].name, name))
            return i;
    return plan->options.rank < count ? plan->options.rank : count - 1;
}

// Whether weights may be stored as float16 without becoming infinite.
static bool may_halve(const nn_plan *plan, const nn_node_info *node)
{
    if (!plan->options.half || plan->options.exact)
        return false;
    for (int k = 0; k < node->n_in; k++) {
        if (node->in[k] < 0 || !plan->constant[node->in[k]])
            continue;
        const nn_tensor *t = nn_plan_dense(plan, node->in[k]);
        if (t->shape.rank >= 2 && !nn_f16_holds(t->data, nn_shape_count(&t->shape)))
            return false;
    }
    return true;
}

static void choose_impl(nn_plan *plan, int i)
{
    nn_node_info node = nn_graph_node_at(plan->model->graph, i);
    plan_node *n = &plan->nodes[i];
    nn_shape shapes[NN_OP_MAX_IN];
    if (can_join(plan, &node)) {
        n->kind = PLAN_JOIN;
        plan->blocked[node.out] = true;
        return;
    }
    if (!node.op->impls)
        return;
    node_shapes(plan, &node, shapes);
    nn_op_problem c = {.params = node.params,
                       .in = shapes,
                       .n_in = node.n_in,
                       .out = &nn_plan_dense(plan, node.out)->shape,
                       .threads = nn_pool_threads(plan->options.pool),
                       .exact = plan->options.exact,
                       .half = may_halve(plan, &node),
                       .kernels = plan->options.kernels};
    for (int k = 0; k < node.n_in && k < 64; k++) {
        c.constant |= (uint64_t)(node.in[k] >= 0 && plan->constant[node.in[k]]) << k;
        c.blocked |= (uint64_t)(node.in[k] >= 0 && plan->blocked[node.in[k]]) << k;
    }
    nn_op_impl impls[NN_OP_MAX_IMPLS];
    int count = node.op->impls(&c, impls);
    if (count <= 0)
        return;
    n->kind = PLAN_IMPL;
    n->impl = impls[pick_impl(plan, node.name, impls, count)];
    plan->ranks = count > plan->ranks ? count : plan->ranks;
    plan->blocked[node.out] = n->impl.blocked_out;
}

// Channels that only move are a view until somebody wants otherwise.
static void choose(nn_plan *plan, int i)
{
    const nn_node_info node = nn_graph_node_at(plan->model->graph, i);
    if (!can_join(plan, &node) && nn_plan_can_view(plan, i)) {
        plan->nodes[i].kind = PLAN_VIEW;
        plan->views[node.out].on = plan->blocked[node.out] = true;
    } else {
        choose_impl(plan, i);
    }
}

nn_status nn_plan_choose(nn_plan *plan, nn_error *err)
{
    nn_shape *shapes = nn_calloc(NN_OP_MAX_IN, sizeof *shapes);
    if (!shapes)
        return no_memory(err, NN_OP_MAX_IN * sizeof *shapes);
    nn_status status = NN_OK;
    if (!(plan->options.without & NN_PASS_FOLD))
        status = fold_constants(plan, shapes, err);
    const bool impls = !(plan->options.without & NN_PASS_IMPLS);
    if (!status && impls)
        status = nn_plan_begin_views(plan, err);
    for (int i = 0; i < plan->node_count && impls && !status; i++)
        if (plan->nodes[i].kind == PLAN_FORWARD)
            choose(plan, i);
    for (int i = 0; i < plan->node_count && plan->views && !status; i++)
        if (nn_plan_drop_view(plan, i))
            choose_impl(plan, i);
    nn_free(shapes);
    return status ? status : nn_plan_settle_views(plan, err);
}

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

// Frees parameters of node i that nobody reads any more.
static void release_params(nn_plan *plan, int i, const bool *packed)
{
    const nn_node_info node = nn_graph_node_at(plan->model->graph, i);
    for (int k = 0; k < node.n_in; k++) {
        const nn_value v = node.in[k];
        if (v < 0 || nn_graph_value(plan->model->graph, v).kind != NN_VALUE_PARAM ||
            count_readers(plan, v, packed))
            continue;
        nn_tensor_release(
            &plan->options.consumed->params[nn_graph_value(plan->model->graph, v).index]);
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
        if (n->impl.pack)
            n->impl.pack(&n->call, (char *)plan->packed + n->packed_offset);
        packed[i] = true;
        done += nn_align_up(n->impl.packed_bytes);
        const size_t now = nn_plan_param_bytes(plan) + done;
        plan->packing_bytes = now > plan->packing_bytes ? now : plan->packing_bytes;
        if (plan->options.consumed)
            release_params(plan, i, packed);
    }
    if (plan->options.consumed)
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
    return plan->packed && packed ? NN_OK : no_memory(err, plan->packed_bytes);
}
