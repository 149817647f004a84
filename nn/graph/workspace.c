// SPDX-License-Identifier: MIT
// Memory that plans share. When it grows, it moves, and the addresses in all plans with it.
#include "nn/graph/workspace.h"

#include "nn/base/memory.h"
#include "nn/graph/plan_parts.h"

#include <string.h>

// Constants of a node, packed for an implementation.
typedef struct packed_entry {
    const char *impl;
    int node, users;
    size_t bytes;
    void *data; // owned
} packed_entry;

struct nn_workspace {
    nn_workspace *constants; // the one that keeps the packed constants: this, or another
    void *arena, *scratch; // owned
    size_t arena_bytes, scratch_bytes;
    nn_plan *plans; // linked by next_shared
    packed_entry *entries;
    int entry_count;
};

nn_workspace *nn_workspace_new(void)
{
    nn_workspace *w = nn_calloc(1, sizeof(nn_workspace));
    if (w)
        w->constants = w;
    return w;
}

nn_workspace *nn_workspace_new_beside(nn_workspace *first)
{
    nn_workspace *w = nn_workspace_new();
    if (w)
        w->constants = first->constants;
    return w;
}

void nn_workspace_free(nn_workspace *w)
{
    if (!w)
        return;
    nn_free(w->arena);
    nn_free(w->scratch);
    nn_free(w->entries);
    nn_free(w);
}

// --- working memory ---

static void move_tensor(nn_tensor *t, const char *from, size_t bytes, char *to)
{
    const char *data = t->data;
    if (data && data >= from && data < from + bytes)
        t->data = to + (data - from);
}

static void move_arena(nn_plan *plan, char *to)
{
    const char *from = plan->arena;
    for (int v = 0; v < 2 * plan->value_count; v++)
        move_tensor(&plan->slots[v].tensor, from, plan->arena_bytes, to);
    for (int i = 0; i < plan->node_count; i++)
        for (int k = 0; k < plan->nodes[i].call.n_in; k++)
            move_tensor(&plan->nodes[i].in[k], from, plan->arena_bytes, to);
    for (int i = 0; i < plan->step_count; i++) {
        move_tensor(&plan->steps[i].from, from, plan->arena_bytes, to);
        move_tensor(&plan->steps[i].to, from, plan->arena_bytes, to);
    }
    plan->arena = to;
}

void *nn_workspace_arena(nn_workspace *w, size_t bytes)
{
    if (w->arena && bytes <= w->arena_bytes)
        return w->arena;
    void *larger = nn_calloc(1, bytes);
    if (!larger)
        return NULL;
    for (nn_plan *p = w->plans; p; p = p->next_shared)
        move_arena(p, larger);
    nn_free(w->arena);
    w->arena_bytes = bytes;
    return w->arena = larger;
}

void *nn_workspace_scratch(nn_workspace *w, size_t bytes)
{
    if (w->scratch && bytes <= w->scratch_bytes)
        return w->scratch;
    void *larger = nn_alloc(bytes);
    if (!larger)
        return NULL;
    for (nn_plan *p = w->plans; p; p = p->next_shared) {
        p->scratch = larger;
        for (int i = 0; i < p->node_count; i++)
            p->nodes[i].call.scratch = larger;
    }
    nn_free(w->scratch);
    w->scratch_bytes = bytes;
    return w->scratch = larger;
}

void nn_workspace_enter(nn_workspace *w, nn_plan *plan)
{
    plan->next_shared = w->plans;
    w->plans = plan;
}

static void release_packed(nn_workspace *w, const void *data)
{
    for (int i = 0; i < w->entry_count; i++) {
        packed_entry *e = &w->entries[i];
        if (e->data != data || --e->users > 0)
            continue;
        nn_free(e->data);
        *e = w->entries[--w->entry_count];
        return;
    }
}

void nn_workspace_leave(nn_workspace *w, nn_plan *plan)
{
    for (nn_plan **p = &w->plans; *p; p = &(*p)->next_shared)
        if (*p == plan) {
            *p = plan->next_shared;
            break;
        }
    for (int i = 0; plan->nodes && i < plan->node_count; i++)
        if (plan->nodes[i].call.packed)
            release_packed(w->constants, plan->nodes[i].call.packed);
}

// --- packed constants ---

// Takes over `data`. Returns equal data that another plan has packed, or this; NULL when memory is
// short.
static const void *keep_packed(nn_workspace *w, int node, const nn_op_impl *impl, void *data)
{
    for (int i = 0; i < w->entry_count; i++) {
        packed_entry *e = &w->entries[i];
        if (e->node != node || e->bytes != impl->packed_bytes || strcmp(e->impl, impl->name) != 0 ||
            memcmp(e->data, data, e->bytes) != 0)
            continue;
        nn_free(data);
        e->users++;
        return e->data;
    }
    const size_t bytes = (size_t)w->entry_count * sizeof *w->entries;
    packed_entry *more = nn_realloc(w->entries, bytes, bytes + sizeof *more);
    if (!more) {
        nn_free(data);
        return NULL;
    }
    w->entries = more;
    w->entries[w->entry_count++] = (packed_entry){impl->name, node, 1, impl->packed_bytes, data};
    return data;
}

nn_status nn_workspace_pack(nn_workspace *w, nn_plan *plan, nn_error *err)
{
    for (int i = 0; i < plan->node_count; i++) {
        plan_node *n = &plan->nodes[i];
        if (n->kind != PLAN_IMPL || !n->impl.pack)
            continue;
        void *data = nn_calloc(1, n->impl.packed_bytes);
        if (data) {
            n->impl.pack(&n->call, data);
            n->call.packed = keep_packed(w->constants, i, &n->impl, data);
        }
        if (!n->call.packed)
            return nn_fail(err, NN_ENOMEM, "no memory to compile a plan: %zu bytes",
                           n->impl.packed_bytes);
        plan->packed_bytes += n->impl.packed_bytes;
    }
    return NN_OK;
}
