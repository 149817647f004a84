// SPDX-License-Identifier: MIT
// For the x86 versions of the microkernel: prefetches the weights of the next run.
#ifndef NN_KERNELS_MICROKERNEL_PREFETCH_H
#define NN_KERNELS_MICROKERNEL_PREFETCH_H

#include "nn/kernels/microkernel.h"
#include "nn/kernels/unroll.h"

#include <immintrin.h>
#include <stddef.h>

enum { NN_LINE = 64 }; // bytes of a cache line

// The memory that one tile of a run prefetches into the second-level cache: the first address, and
// the cache lines for each step of the depth. The first-level cache would lose weights in use.
typedef struct nn_microkernel_prefetch {
    const char *from;
    int lines;
} nn_microkernel_prefetch;

// Spreads the weights of the next run over the tiles of this run, so that a core at full speed
// reads them from memory at an even rate. Hardware prefetchers cannot foresee their addresses.
static inline nn_microkernel_prefetch nn_microkernel_find_prefetch(const nn_microkernel_args *t,
                                                                   int tile, int tiles, int step)
{
    const int all = NN_PANEL_CHANNELS * step * (t->next_half ? 2 : 4) / NN_LINE;
    const int lines = (all + tiles - 1) / tiles;
    if (!t->next || tile * lines >= all)
        return (nn_microkernel_prefetch){NULL, 0};
    const int64_t steps = (int64_t)t->blocks * t->run / step;
    return (nn_microkernel_prefetch){(const char *)t->next + tile * lines * steps * NN_LINE, lines};
}

static inline void nn_microkernel_prefetch_step(nn_microkernel_prefetch *f)
{
    for (int i = 0; i < f->lines; i++, f->from += NN_LINE)
        _mm_prefetch(f->from, _MM_HINT_T1);
}

// Tiles [first, end) of a run of `all` tiles.
typedef struct nn_microkernel_range {
    int first, end, all;
} nn_microkernel_range;

#endif
