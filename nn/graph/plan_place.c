// SPDX-License-Identifier: MIT
// Where the values of a plan lie: which share memory, and which are kept in two layouts.
#include "nn/base/arith.h"
#include "nn/base/memory.h"
#include "nn/graph/plan_parts.h"

#include <limits.h>

static nn_status no_memory(nn_error *err, size_t bytes)
{
    return nn_fail(err, NN_ENOMEM, "no memory for a plan of %zu bytes", bytes);
}

static bool keeps_all(const nn_plan *plan)
{
    return plan->training || plan->options.keep_values;
}

static nn_node_info node_at(const nn_plan *plan, int i)
{
    return nn_graph_node_at(plan->model->graph, i);
}

// --- which slots there are, and from when to when ---

// The view that a node copies; NULL when it copies none.
static const plan_view *copied_by(const nn_plan *plan, const nn_node_info *node)
{
    const plan_view *view = plan->views ? &plan->views[node->out] : NULL;
    return view && view->copied ? view : NULL;
}

static bool is_view(const nn_plan *plan, nn_value v)
{
    return plan->views && plan->views[v].on;
}

int nn_plan_read_slot(const nn_plan *plan, int i, const nn_node_info *node, int k)
{
    nn_value v = node->in[k];
    const plan_view *view = nn_plan_view_read(plan, i);
    if (plan->nodes[i].kind == PLAN_MERGED)
        return -1;
    if (plan->nodes[i].call.gated && k == 0)
        return plan->value_count + plan->nodes[i].image;
    if (plan->nodes[i].bytes && plan->nodes[i].bytes[k] >= 0) {
        v = plan->nodes[i].bytes[k];
        return nn_plan_is_bytes(&plan->bytes, v) ? plan->value_count + v : v;
    }
    if (plan->nodes[i].kind == PLAN_VIEW || (view && view == copied_by(plan, node) && k > 0))
        return -1;
    if (view && k == 0)
        return plan->value_count + view->base;
    if (v < 0 || (k < 64 && node->op->shape_only >> k & 1))
        return -1;
    const plan_node *n = &plan->nodes[i];
    bool blocked = n->kind == PLAN_IMPL && k < 64 && n->impl.blocked_in >> k & 1;
    if (plan->constant[v])
        return v;
    return blocked || n->kind == PLAN_JOIN ? plan->value_count + v : v;
}

// Whether nothing is stored of a value, because a neighbour of its node goes on with it.
static bool is_absent(const nn_plan *plan, nn_value v)
{
    const nn_value_info info = nn_graph_value(plan->model->graph, v);
    const bool merged = info.kind == NN_VALUE_NODE && plan->nodes[info.index].kind == PLAN_MERGED;
    return nn_plan_is_absent(&plan->bytes, v) || (merged && !nn_plan_is_bytes(&plan->bytes, v));
}

static void use_slot(nn_plan *plan, int slot, int node)
{
    plan_slot *s = &plan->slots[slot];
    s->used = true;
    s->last = node > s->last ? node : s->last;
}

static void find_uses(nn_plan *plan)
{
    const nn_graph *g = plan->model->graph;
    for (int s = 0; s < 2 * plan->value_count; s++) {
        plan->slots[s].last = plan->slots[s].parent = -1;
        plan->slots[s].overwritten = INT_MAX;
    }
    for (int v = 0; v < plan->value_count; v++) {
        nn_value_info info = nn_graph_value(g, v);
        bool input = info.kind == NN_VALUE_INPUT;
        bool kept = (input && !plan->options.refills) || (keeps_all(plan) && !plan->constant[v]);
        // A value without readers is written, too.
        plan->slots[nn_plan_native(plan, v)].used = !is_view(plan, v) && !is_absent(plan, v);
        if (kept) // a caller may run again without refilling an input
            use_slot(plan, v, plan->node_count);
        else if (input) // it is filled even if nobody reads it
            use_slot(plan, v, -1);
    }
    for (int i = 0; i < plan->node_count; i++) {
        nn_node_info node = node_at(plan, i);
        for (int k = 0; k < node.n_in && plan->nodes[i].kind != PLAN_FOLDED; k++) {
            int slot = nn_plan_read_slot(plan, i, &node, k);
            if (slot >= 0)
                use_slot(plan, slot, i);
        }
        if (plan->nodes[i].call.gated)
            use_slot(plan, plan->value_count + plan->nodes[i].gate, i);
    }
    for (int i = 0; i < nn_graph_output_count(g); i++)
        use_slot(plan, nn_graph_output_at(g, i), plan->node_count);
}

// Both layouts of a value begin with its producer: the second one is copied at once.
static void find_first(nn_plan *plan)
{
    for (int v = 0; v < plan->value_count; v++) {
        nn_value_info info = nn_graph_value(plan->model->graph, v);
        int first = info.kind == NN_VALUE_NODE ? info.index : -1;
        if (plan->bytes.writer && plan->bytes.writer[v] >= 0)
            first = plan->bytes.writer[v];
        for (int s = v; s < 2 * plan->value_count; s += plan->value_count) {
            plan->slots[s].first = first;
            if (plan->slots[s].last < first)
                plan->slots[s].last = first;
        }
    }
}

// --- sharing ---

int nn_plan_owner_of(const nn_plan *plan, int slot, int *blocks_in)
{
    *blocks_in = 0;
    for (; plan->slots[slot].parent >= 0; slot = plan->slots[slot].parent)
        *blocks_in += plan->slots[slot].blocks_in;
    return slot;
}

// First node that writes over what lies in the memory of `slot`.
static int overwritten_at(const nn_plan *plan, int slot)
{
    int first = INT_MAX;
    for (; slot >= 0; slot = plan->slots[slot].parent)
        if (plan->slots[slot].overwritten < first)
            first = plan->slots[slot].overwritten;
    return first;
}

// Whether a node's output may be part of another slot: it has no place yet and is not constant.
static bool is_free(const nn_plan *plan, int slot)
{
    nn_value v = slot % plan->value_count;
    return plan->slots[slot].parent < 0 && plan->slots[slot].blocks == 0 &&
           slot == nn_plan_native(plan, v) && !plan->constant[v] &&
           nn_graph_value(plan->model->graph, v).kind == NN_VALUE_NODE;
}

// The output of a concatenation is a part of something larger when its inputs lie there already.
static bool lies_joined(nn_plan *plan, const nn_node_info *node, int out)
{
    int parent = -1, first = 0, next = 0;
    for (int k = 0; k < node->n_in; k++) {
        int slot = plan->value_count + node->in[k];
        const plan_slot *s = &plan->slots[slot];
        if (s->parent < 0 || (parent >= 0 && (s->parent != parent || s->blocks_in != next)))
            return false;
        if (overwritten_at(plan, slot) <= plan->slots[out].last)
            return false;
        first = parent < 0 ? s->blocks_in : first;
        parent = s->parent;
        next = s->blocks_in + (int)nn_blocked_count(s->tensor.shape.dim[1]);
    }
    if (!is_free(plan, out))
        return false;
    plan->slots[out].parent = parent;
    plan->slots[out].blocks_in = first;
    return true;
}

static void join_inputs(nn_plan *plan, int i)
{
    nn_node_info node = node_at(plan, i);
    int out = plan->value_count + node.out, at = 0;
    if (lies_joined(plan, &node, out))
        return;
    for (int k = 0; k < node.n_in; k++) {
        int slot = plan->value_count + node.in[k];
        plan_slot *s = &plan->slots[slot];
        if (is_free(plan, slot) && s->last < overwritten_at(plan, out)) {
            s->parent = out;
            s->blocks_in = at;
        }
        at += (int)nn_blocked_count(s->tensor.shape.dim[1]);
    }
}

static bool is_joined(const nn_plan *plan, nn_value v)
{
    nn_value_info info = nn_graph_value(plan->model->graph, v);
    return info.kind == NN_VALUE_NODE && plan->nodes[info.index].kind == PLAN_JOIN &&
           !(plan->options.knobs.disabled_passes & NN_PASS_JOIN);
}

// Lets a node work in place when its first input has no later reader. It never overwrites a
// concatenation, because the inputs of one that have other readers (DenseNet) would have to be
// copied.
static void share_input(nn_plan *plan, int i)
{
    nn_node_info node = node_at(plan, i);
    if (!(node.op->flags & NN_OP_INPLACE) || plan->training || plan->nodes[i].quantized ||
        plan->options.knobs.disabled_passes & NN_PASS_INPLACE)
        return;
    int in = nn_plan_read_slot(plan, i, &node, 0), out = nn_plan_native(plan, node.out);
    if (in < 0 || (in < plan->value_count) != (out < plan->value_count) || !is_free(plan, in) ||
        plan->slots[in].last != i || is_joined(plan, node.in[0]))
        return;
    for (int k = 1; k < node.n_in; k++)
        if (node.in[k] == node.in[0])
            return;
    if (nn_shape_count(&plan->slots[in].tensor.shape) !=
        nn_shape_count(&plan->slots[out].tensor.shape))
        return;
    plan->slots[in].parent = out;
    plan->slots[in].blocks_in = 0;
    plan->slots[in].overwritten = i;
}

static void share_slots(nn_plan *plan)
{
    for (int i = plan->node_count - 1; i >= 0; i--)
        if (plan->nodes[i].kind == PLAN_JOIN) {
            if (!(plan->options.knobs.disabled_passes & NN_PASS_JOIN))
                join_inputs(plan, i);
        } else if (plan->nodes[i].kind == PLAN_FORWARD || plan->nodes[i].kind == PLAN_IMPL) {
            share_input(plan, i);
        }
}

// --- halos and memory ---

static void collect_halos(nn_plan *plan)
{
    for (int i = 0; i < plan->node_count; i++) {
        nn_node_info node = node_at(plan, i);
        const nn_halo *want = &plan->nodes[i].impl.halo;
        if (plan->nodes[i].kind != PLAN_IMPL || !(plan->nodes[i].impl.blocked_in & 1))
            continue;
        int in_blocks;
        nn_halo *have =
            &plan->slots[nn_plan_owner_of(plan, nn_plan_read_slot(plan, i, &node, 0), &in_blocks)]
                 .halo;
        have->top = nn_max(have->top, want->top);
        have->left = nn_max(have->left, want->left);
        have->bottom = nn_max(have->bottom, want->bottom);
        have->right = nn_max(have->right, want->right);
    }
}

static bool is_stored(const nn_plan *plan, int slot)
{
    return plan->slots[slot].used && !plan->constant[slot % plan->value_count];
}

// A blocked slot with all that lies behind it.
static size_t lay_out_slot(plan_slot *slot, int64_t *origin)
{
    nn_tensor *t = &slot->tensor, whole = *t;
    if (slot->blocks)
        whole.shape.dim[1] = (int64_t)slot->blocks * NN_BLOCK;
    const int64_t elements = nn_blocked_plan(&whole, &slot->halo, origin);
    whole.shape = t->shape;
    *t = whole;
    return (size_t)elements * nn_dtype_size(t->dtype);
}

static void lay_out_blocks(nn_plan *plan, nn_arena_block *blocks, int64_t *origin)
{
    int slots = 2 * plan->value_count, in_blocks;
    for (int s = 0; s < slots; s++)
        blocks[s] = (nn_arena_block){.first = INT_MAX, .last = -2};
    for (int s = 0; s < slots; s++) {
        if (!is_stored(plan, s))
            continue;
        nn_arena_block *b = &blocks[nn_plan_owner_of(plan, s, &in_blocks)];
        b->first = plan->slots[s].first < b->first ? plan->slots[s].first : b->first;
        b->last = nn_max(b->last, plan->slots[s].last);
    }
    for (int s = 0; s < slots; s++) {
        plan_slot *slot = &plan->slots[s];
        if (!is_stored(plan, s) || slot->parent >= 0)
            continue;
        if (s < plan->value_count)
            blocks[s].bytes = nn_tensor_bytes(&slot->tensor);
        else
            blocks[s].bytes = lay_out_slot(slot, &origin[s]);
    }
}

static void point_slots(nn_plan *plan, const nn_arena_block *blocks, const int64_t *origin)
{
    for (int s = 0; s < 2 * plan->value_count; s++) {
        if (!is_stored(plan, s))
            continue;
        int in_blocks, root = nn_plan_owner_of(plan, s, &in_blocks);
        const nn_tensor *whole = &plan->slots[root].tensor;
        nn_tensor *t = &plan->slots[s].tensor;
        t->layout = whole->layout;
        t->row = whole->row;
        t->plane = whole->plane;
        t->image = whole->image;
        t->data = (char *)plan->arena + blocks[root].offset +
                  (origin[root] + in_blocks * whole->plane) * (int64_t)nn_dtype_size(t->dtype);
    }
}

nn_status nn_plan_place(nn_plan *plan, nn_error *err)
{
    size_t slots = 2 * (size_t)plan->value_count;
    nn_arena_block *blocks = nn_calloc(slots, sizeof *blocks);
    int64_t *origin = nn_calloc(slots, sizeof *origin);
    nn_status status = NN_OK;
    if (!blocks || !origin) {
        status = no_memory(err, slots * sizeof *blocks);
        goto done;
    }
    for (int v = 0; v < plan->value_count; v++)
        if (nn_plan_is_bytes(&plan->bytes, v))
            plan->slots[plan->value_count + v].tensor.dtype = NN_U8;
    find_uses(plan);
    find_first(plan);
    nn_plan_join_views(plan);
    share_slots(plan);
    collect_halos(plan);
    lay_out_blocks(plan, blocks, origin);
    status = nn_arena_place(blocks, (int)slots, &plan->arena_bytes, err);
    if (status)
        goto done;
    plan->arena = plan->options.workspace
                      ? nn_workspace_arena(plan->options.workspace, plan->arena_bytes)
                      : nn_calloc(1, plan->arena_bytes);
    if (!plan->arena) {
        status = no_memory(err, plan->arena_bytes);
        goto done;
    }
    point_slots(plan, blocks, origin);
done:
    nn_free(blocks);
    nn_free(origin);
    return status;
}
