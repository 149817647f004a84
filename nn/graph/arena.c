// SPDX-License-Identifier: MIT
// Places memory blocks by lifetime, the largest first ("greedy by size").
#include "nn/graph/arena.h"

#include "nn/base/arith.h"
#include "nn/base/memory.h"

#include <stdbool.h>
#include <stdlib.h>

static bool meet(const nn_arena_block *a, const nn_arena_block *b)
{
    return a->first <= b->last && b->first <= a->last;
}

static int by_size(const void *a, const void *b)
{
    const nn_arena_block *x = *(nn_arena_block *const *)a, *y = *(nn_arena_block *const *)b;
    if (x->bytes != y->bytes)
        return x->bytes < y->bytes ? 1 : -1;
    return x < y ? -1 : 1;
}

static int by_offset(const void *a, const void *b)
{
    const nn_arena_block *x = *(nn_arena_block *const *)a, *y = *(nn_arena_block *const *)b;
    return x->offset < y->offset ? -1 : x->offset > y->offset;
}

// The lowest offset at which `block` fits beside the blocks in `busy`, which are sorted here.
static size_t lowest_gap(nn_arena_block **busy, int count, size_t bytes)
{
    qsort(busy, (size_t)count, sizeof *busy, by_offset);
    size_t at = 0;
    for (int i = 0; i < count; i++) {
        if (busy[i]->offset >= at + bytes)
            break;
        size_t end = busy[i]->offset + nn_align_up(busy[i]->bytes);
        at = end > at ? end : at;
    }
    return at;
}

nn_status nn_arena_place(nn_arena_block *blocks, int count, size_t *total, nn_error *err)
{
    *total = 0;
    nn_arena_block **order = nn_calloc((size_t)count, sizeof *order);
    nn_arena_block **busy = nn_calloc((size_t)count, sizeof *busy);
    nn_status status = NN_OK;
    if (!order || !busy) {
        status = nn_fail(err, NN_ENOMEM, "no memory to plan %d blocks", count);
        goto done;
    }
    for (int i = 0; i < count; i++)
        order[i] = &blocks[i];
    qsort(order, (size_t)count, sizeof *order, by_size);
    for (int i = 0; i < count; i++) {
        nn_arena_block *b = order[i];
        b->offset = 0;
        if (b->first > b->last || !b->bytes)
            continue;
        int n = 0;
        for (int j = 0; j < i; j++)
            if (order[j]->bytes && order[j]->first <= order[j]->last && meet(order[j], b))
                busy[n++] = order[j];
        b->offset = lowest_gap(busy, n, nn_align_up(b->bytes));
        size_t end = b->offset + nn_align_up(b->bytes);
        *total = end > *total ? end : *total;
    }
done:
    nn_free(order);
    nn_free(busy);
    return status;
}
