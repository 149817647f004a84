// SPDX-License-Identifier: MIT
// Places blocks of known size and lifetime in one stretch of memory.
#ifndef NN_GRAPH_ARENA_H
#define NN_GRAPH_ARENA_H

#include "nn/base/status.h"

#include <stddef.h>

typedef struct nn_arena_block {
    size_t bytes;
    int first, last; // first and last step in which it is in use; first > last: never in use
    size_t offset;   // out: a multiple of NN_ALIGN
} nn_arena_block;

// Chooses offsets so that blocks whose lifetimes overlap do not share memory. The largest block is
// placed first, each at the lowest free offset (greedy by size, Pisarchyk and Lee 2020). *total
// gets the size of the arena in bytes.
nn_status nn_arena_place(nn_arena_block *blocks, int count, size_t *total, nn_error *err);

#endif
