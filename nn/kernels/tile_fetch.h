// SPDX-License-Identifier: MIT
// For the x86 versions of the tile family: bringing the weights of the next run near.
#ifndef NN_KERNELS_TILE_FETCH_H
#define NN_KERNELS_TILE_FETCH_H

#include "nn/kernels/tile.h"
#include "nn/kernels/unroll.h"

#include <immintrin.h>
#include <stddef.h>

enum { NN_LINE = 64 }; // bytes that memory is fetched in

// What one tile of a run fetches into the second-level cache: so many lines each step of depth, and
// from where on. The first level would lose the weights in use.
typedef struct nn_tile_fetch {
    const char *from;
    int lines;
} nn_tile_fetch;

// Deals the weights of the next run out to the tiles of this one, so that a core that computes at
// full speed takes them from memory at an even rate; caches do not foresee where they lie.
static inline nn_tile_fetch nn_tile_find_fetch(const nn_tile *t, int tile, int tiles, bool half,
                                               int step)
{
    const int all = NN_TILE_CHANNELS * step * (half ? 2 : 4) / NN_LINE;
    const int lines = (all + tiles - 1) / tiles;
    if (!t->next || tile * lines >= all)
        return (nn_tile_fetch){NULL, 0};
    const int64_t steps = (int64_t)t->blocks * t->run / step;
    return (nn_tile_fetch){(const char *)t->next + tile * lines * steps * NN_LINE, lines};
}

static inline void nn_tile_fetch_step(nn_tile_fetch *f)
{
    for (int i = 0; i < f->lines; i++, f->from += NN_LINE)
        _mm_prefetch(f->from, _MM_HINT_T1);
}

// Tiles [first, end) of a run of `all`.
typedef struct nn_tile_range {
    int first, end, all;
} nn_tile_range;

#endif
