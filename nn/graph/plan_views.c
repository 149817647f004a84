// SPDX-License-Identifier: MIT
// Channels that slices, gathers and concatenations only move (ShuffleNet) are read in place.
//
// Such a value is a list that gives, for each of its channels, another value and a channel of it.
// Readers that can read through a list get one, and all values that a reader needs lie side by side
// in memory. For other readers the channels are copied once.
#include "nn/base/memory.h"
#include "nn/graph/plan_parts.h"
#include "nn/ops/common/blocked_rows.h"

#include <string.h>

static nn_node_info node_at(const nn_plan *plan, int i)
{
    return nn_graph_node_at(plan->model->graph, i);
}

static const nn_shape *shape_of(const nn_plan *plan, nn_value v)
{
    return &nn_plan_dense(plan, v)->shape;
}

static bool is_view(const nn_plan *plan, nn_value v)
{
    return v >= 0 && plan->views && plan->views[v].on;
}

// Floats that all images of this size take together stay within the reach of an offset.
static bool offsets_fit(const nn_plan *plan, const nn_shape *s)
{
    enum { MOST = 1 << 28, EDGE = 64 }; // floats; pixels of halo
    int64_t blocks = 0;
    for (int v = 0; v < plan->value_count; v++) {
        const nn_shape *o = shape_of(plan, v);
        if (o->rank == 4 && o->dim[2] == s->dim[2] && o->dim[3] == s->dim[3])
            blocks += nn_blocked_count(o->dim[1]);
    }
    return blocks * NN_BLOCK * (s->dim[2] + EDGE) * (s->dim[3] + EDGE) < MOST;
}

bool nn_plan_find_source(const nn_plan *plan, const nn_node_info *node, int64_t c, nn_value *v,
                         int64_t *from)
{
    nn_tensor in[NN_OP_MAX_IN];
    int k = 0;
    for (int j = 0; j < node->n_in; j++)
        in[j] = node->in[j] < 0 ? (nn_tensor){.shape.rank = -1} : *nn_plan_dense(plan, node->in[j]);
    if (!node->op->source || !node->op->source(node->params, in, node->n_in, c, &k, from))
        return false;
    *v = node->in[k];
    return true;
}

bool nn_plan_can_view(const nn_plan *plan, int i)
{
    const nn_node_info node = node_at(plan, i);
    const nn_shape *out = shape_of(plan, node.out);
    nn_value v;
    int64_t from;
    if (!plan->views || !node.op->source || out->rank != 4 || !offsets_fit(plan, out))
        return false;
    for (int k = 0; k < node.n_in; k++)
        if (node.in[k] < 0 || !(plan->constant[node.in[k]] || plan->blocked[node.in[k]]))
            return false;
    for (int64_t c = 0; c < out->dim[1]; c++)
        if (!nn_plan_find_source(plan, &node, c, &v, &from) || !plan->blocked[v])
            return false;
    return true;
}

// Whether node j reads value v through a list of channels, if at all.
static bool takes_view(const nn_plan *plan, int j, nn_value v)
{
    const nn_node_info node = node_at(plan, j);
    const plan_node *n = &plan->nodes[j];
    for (int k = 0; k < node.n_in; k++)
        if (node.in[k] == v && !is_view(plan, node.out) &&
            !(k == 0 && n->kind == PLAN_IMPL && n->impl.lanes))
            return false;
    return true;
}

static bool all_take_view(const nn_plan *plan, nn_value v)
{
    for (int i = 0; i < nn_graph_output_count(plan->model->graph); i++)
        if (nn_graph_output_at(plan->model->graph, i) == v)
            return false;
    for (int j = 0; j < plan->node_count; j++)
        if (plan->nodes[j].kind != PLAN_FOLDED && !takes_view(plan, j, v))
            return false;
    return true;
}

static bool reads_view(const nn_plan *plan, const nn_node_info *node)
{
    for (int k = 0; k < node->n_in; k++)
        if (is_view(plan, node->in[k]))
            return true;
    return false;
}

bool nn_plan_drop_view(nn_plan *plan, int i)
{
    const nn_node_info node = node_at(plan, i);
    if (!is_view(plan, node.out) || all_take_view(plan, node.out))
        return false;
    plan->views[node.out].on = plan->blocked[node.out] = false;
    plan->nodes[i].kind = PLAN_FORWARD;
    if (node.op->flags & NN_OP_JOINS && !reads_view(plan, &node))
        return true; // it copies whole blocks
    plan->views[node.out].copied = plan->blocked[node.out] = true;
    plan->nodes[i].kind = PLAN_IMPL;
    plan->nodes[i].impl = (nn_op_impl){
        .name = "picked", .blocked_in = 1, .blocked_out = true, .run = nn_blocked_pick};
    return false;
}

// --- lists ---

static nn_status new_lists(nn_plan *plan, nn_error *err)
{
    size_t channels = 0;
    for (int v = 0; v < plan->value_count; v++)
        if (plan->views[v].on || plan->views[v].copied)
            channels += (size_t)shape_of(plan, v)->dim[1];
    plan->view_lanes = nn_calloc(channels, sizeof *plan->view_lanes);
    plan->view_roots = nn_calloc(channels, sizeof *plan->view_roots);
    if (!plan->view_lanes || !plan->view_roots)
        return nn_fail(err, NN_ENOMEM, "no memory for %zu channels that move", channels);
    return NN_OK;
}

static void fill_list(nn_plan *plan, const nn_node_info *node, plan_view *w)
{
    for (int64_t c = 0; c < w->count; c++) {
        nn_value v = 0;
        int64_t from = 0;
        nn_plan_find_source(plan, node, c, &v, &from);
        const plan_view *u = &plan->views[v];
        w->root[c] = u->on ? u->root[from] : v;
        w->lane[c] = u->on ? u->lane[from] : (int32_t)from;
    }
}

static void fill_lists(nn_plan *plan)
{
    int32_t *lanes = plan->view_lanes;
    nn_value *roots = plan->view_roots;
    for (int i = 0; i < plan->node_count; i++) {
        const nn_node_info node = node_at(plan, i);
        plan_view *w = &plan->views[node.out];
        if (!w->on && !w->copied)
            continue;
        w->count = (int)shape_of(plan, node.out)->dim[1];
        w->lane = lanes;
        w->root = roots;
        lanes += w->count;
        roots += w->count;
        fill_list(plan, &node, w);
    }
}

// --- values side by side ---

const plan_view *nn_plan_view_read(const nn_plan *plan, int i)
{
    const nn_node_info node = node_at(plan, i);
    if (!plan->views || plan->nodes[i].kind != PLAN_IMPL)
        return NULL;
    const plan_view *own = &plan->views[node.out];
    const bool through = node.n_in > 0 && node.in[0] >= 0 && plan->views[node.in[0]].on;
    return own->copied ? own : through ? &plan->views[node.in[0]] : NULL;
}

static nn_value first_of(const nn_plan *plan, nn_value v)
{
    while (plan->views[v].owner != v)
        v = plan->views[v].owner;
    return v;
}

// Values that one list names get the same owner, the first of them.
static void find_owners(nn_plan *plan)
{
    for (int i = 0; i < plan->node_count; i++) {
        const plan_view *w = nn_plan_view_read(plan, i);
        for (int c = 1; w && c < w->count; c++) {
            const nn_value a = first_of(plan, w->root[0]), b = first_of(plan, w->root[c]);
            plan->views[a > b ? a : b].owner = a > b ? b : a;
        }
    }
    for (int v = 0; v < plan->value_count; v++) { // owners come before what they own
        plan_view *w = &plan->views[v], *owner = &plan->views[first_of(plan, v)];
        w->blocks_in = owner->blocks;
        owner->blocks +=
            shape_of(plan, v)->rank == 4 ? (int)nn_blocked_count(shape_of(plan, v)->dim[1]) : 0;
    }
}

static void find_lanes(nn_plan *plan)
{
    for (int v = 0; v < plan->value_count; v++) {
        plan_view *w = &plan->views[v];
        for (int c = 0; c < w->count; c++)
            w->lane[c] += NN_BLOCK * plan->views[w->root[c]].blocks_in;
        w->base = w->count ? first_of(plan, w->root[0]) : v;
    }
}

nn_status nn_plan_begin_views(nn_plan *plan, nn_error *err)
{
    if (plan->options.keep_values || plan->options.knobs.disabled_passes & NN_PASS_VIEW)
        return NN_OK;
    plan->views = nn_calloc((size_t)plan->value_count, sizeof *plan->views);
    for (int v = 0; plan->views && v < plan->value_count; v++)
        plan->views[v].owner = v;
    return plan->views ? NN_OK : nn_fail(err, NN_ENOMEM, "no memory for a plan's views");
}

nn_status nn_plan_settle_views(nn_plan *plan, nn_error *err)
{
    if (!plan->views)
        return NN_OK;
    const nn_status status = new_lists(plan, err);
    if (status)
        return status;
    fill_lists(plan);
    find_owners(plan);
    find_lanes(plan);
    return NN_OK;
}

void nn_plan_join_views(nn_plan *plan)
{
    for (int v = 0; plan->views && v < plan->value_count; v++) {
        const nn_value owner = first_of(plan, v);
        plan_slot *s = &plan->slots[plan->value_count + v];
        if (owner != v) {
            s->parent = plan->value_count + owner;
            s->blocks_in = plan->views[v].blocks_in;
            plan->slots[s->parent].blocks = plan->views[owner].blocks;
        }
    }
}
