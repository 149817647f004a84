// SPDX-License-Identifier: MIT
// Placing blocks with known lifetimes in one stretch of memory.
#ifndef NN_GRAPH_ARENA_H
#define NN_GRAPH_ARENA_H

#include "nn/base/status.h"

#include <stddef.h>

typedef struct nn_arena_block {
    size_t bytes;
    int first, last; // steps in which it is in use, both included; first > last: never
    size_t offset;   // out: a multiple of NN_ALIGN
} nn_arena_block;

// Chooses offsets so that blocks whose lifetimes meet do not overlap; largest first, lowest free
// place (greedy by size, Pisarchyk and Lee 2020). *total gets the size of the arena.
nn_status nn_arena_place(nn_arena_block *blocks, int count, size_t *total, nn_error *err);

#endif
