// SPDX-License-Identifier: MIT
// Compiling a plan: constants computed beforehand, and for each node the cheapest implementation.
#include "nn/base/arith.h"
#include "nn/base/memory.h"
#include "nn/graph/plan_parts.h"
#include "nn/graph/tuning_cache.h"
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

// Nodes that read nothing but constants are run while planning; their results are constants too.
static void fold_constants(nn_plan *plan)
{
    const nn_graph *g = plan->model->graph;
    for (int i = 0; i < plan->node_count; i++) {
        nn_node_info node = nn_graph_node_at(g, i);
        if (!is_constant_node(plan, &node))
            continue;
        plan->nodes[i].kind = PLAN_FOLDED;
        plan->constant[node.out] = true;
    }
}

static nn_status run_folded(nn_plan *plan, nn_shape *shapes, nn_error *err)
{
    const nn_graph *g = plan->model->graph;
    for (int i = 0; i < plan->node_count; i++)
        if (plan->nodes[i].kind == PLAN_FOLDED)
            plan->folded_bytes +=
                nn_align_up(nn_tensor_bytes(nn_plan_dense(plan, nn_graph_node_at(g, i).out)));
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
    nn_value v;
    int64_t from;
    if (!(node->op->flags & NN_OP_JOINS) || nn_plan_dense(plan, node->out)->shape.rank != 4 ||
        !nn_plan_find_source(plan, node, 0, &v, &from))
        return false;
    for (int k = 0; k < node->n_in; k++)
        if (!plan->blocked[node->in[k]] || (plan->views && plan->views[node->in[k]].on) ||
            (k + 1 < node->n_in && nn_plan_dense(plan, node->in[k])->shape.dim[1] % NN_BLOCK))
            return false;
    return true;
}

static int pick_impl(nn_plan *plan, const char *node, const nn_op_impl *impls, int count)
{
    const char *name = nn_tuning_cache_find(plan->options.tuning, node);
    for (int i = 0; name && i < count; i++)
        if (!strcmp(impls[i].name, name))
            return i;
    plan->untuned += name != NULL;
    return plan->options.knobs.impl_index < count ? plan->options.knobs.impl_index : count - 1;
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

// In a fixed plan for training: forward alone keeps what backward needs.
static bool saves(const nn_plan *plan, const nn_op *op)
{
    return plan->training && op->saved && !(op->flags & NN_OP_BATCH_STATISTICS);
}

// Constants have no blocked copy: implementations that read one so are left out. Returns how many
// stay.
static int keep_readable(nn_op_impl *impls, int count, uint64_t constant)
{
    int kept = 0;
    for (int i = 0; i < count; i++)
        if (!(impls[i].blocked_in & constant & ~impls[i].unread))
            impls[kept++] = impls[i];
    return kept;
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
    if (!node.op->impls || saves(plan, node.op))
        return;
    node_shapes(plan, &node, shapes);
    nn_op_problem c = {.params = node.params,
                       .in = shapes,
                       .n_in = node.n_in,
                       .out = &nn_plan_dense(plan, node.out)->shape,
                       .threads = nn_pool_threads(plan->options.pool),
                       .exact = plan->options.exact,
                       .half = may_halve(plan, &node),
                       .bf16 = plan->options.bf16 && !plan->options.exact,
                       .split = !plan->options.exact && !plan->training,
                       .kernels = plan->options.kernels};
    for (int k = 0; k < node.n_in && k < 64; k++) {
        c.constant |= (uint64_t)(node.in[k] >= 0 && plan->constant[node.in[k]]) << k;
        c.blocked |= (uint64_t)(node.in[k] >= 0 && plan->blocked[node.in[k]]) << k;
    }
    nn_op_impl impls[NN_OP_MAX_IMPLS];
    const int count = keep_readable(impls, node.op->impls(&c, impls), c.constant);
    if (count <= 0)
        return;
    n->kind = PLAN_IMPL;
    n->impl = impls[pick_impl(plan, node.name, impls, count)];
    plan->impl_count = count > plan->impl_count ? count : plan->impl_count;
    plan->blocked[node.out] = n->impl.blocked_out;
}

// Chooses for node i: channels that only move are a view, until a reader cannot read one.
static void choose(nn_plan *plan, int i)
{
    const nn_node_info node = nn_graph_node_at(plan->model->graph, i);
    if (nn_plan_choose_int8(plan, i))
        return;
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
    if (!(plan->options.knobs.disabled_passes & NN_PASS_FOLD))
        fold_constants(plan);
    status = nn_plan_find_int8(plan, err);
    if (!status)
        status = run_folded(plan, shapes, err);
    const bool impls = !(plan->options.knobs.disabled_passes & NN_PASS_IMPLS);
    if (!status && impls)
        status = nn_plan_begin_views(plan, err);
    for (int i = 0; i < plan->node_count && impls && !status; i++)
        if (plan->nodes[i].kind == PLAN_FORWARD)
            choose(plan, i);
    for (int i = 0; i < plan->node_count && plan->views && !status; i++)
        if (nn_plan_drop_view(plan, i))
            choose_impl(plan, i);
    nn_free(shapes);
    if (!status && impls)
        status = nn_plan_find_gates(plan, err);
    return status ? status : nn_plan_settle_views(plan, err);
}
