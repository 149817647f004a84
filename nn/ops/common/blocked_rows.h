// SPDX-License-Identifier: MIT
// Shared by implementations on blocked images: copies between layouts, and a walk over rows.
#ifndef NN_OPS_COMMON_BLOCKED_ROWS_H
#define NN_OPS_COMMON_BLOCKED_ROWS_H

#include "nn/ops/op.h"

// Does nn_blocked_copy with kernels and threads. At least one of the two tensors is NN_BLOCKED.
// `pool` may be NULL.
void nn_blocked_copy_run(const nn_tensor *dst, const nn_tensor *src, const nn_kernels *kernels,
                         nn_pool *pool);

// Row y of a channel block of an image.
typedef struct nn_blocked_row {
    int64_t n, block, y;
} nn_blocked_row;

// Runs `task` over all rows of t (rank 4). The order is n, band of rows, block, y, so that a thread
// works on the same part of an image in all layers. nn_blocked_row_at gives the row of an index;
// nn_blocked_row_of does so in the order in which the rows of an image with other bands are walked.
// `work` is the cost of a pixel relative to copying it, at least 1. Chunks depend only on it and
// the shape.
void nn_blocked_run_rows(nn_pool *pool, const nn_tensor *t, int64_t work, nn_task *task, void *ctx);
static inline nn_blocked_row nn_blocked_row_of(const nn_tensor *t, int64_t bands, int64_t index)
{
    const int64_t h = t->shape.dim[2], blocks = nn_blocked_count(t->shape.dim[1]);
    const int64_t n = index / (h * blocks), row = index % (h * blocks);
    const int64_t most = (h + bands - 1) / bands, top = row / (most * blocks) * most;
    const int64_t in_band = row - top * blocks, rows = h - top < most ? h - top : most;
    return (nn_blocked_row){n, in_band / rows, top + in_band % rows};
}

// Images of few pixels have one band: convolutions cut them by channels.
static inline int64_t nn_blocked_bands(const nn_tensor *t)
{
    enum { BANDS = 4, FEW = 128 }; // pixels
    return t->shape.dim[2] * t->shape.dim[3] < FEW ? 1 : BANDS;
}

static inline nn_blocked_row nn_blocked_row_at(const nn_tensor *t, int64_t index)
{
    return nn_blocked_row_of(t, nn_blocked_bands(t), index);
}

static inline float *nn_blocked_row_data(const nn_tensor *t, const nn_blocked_row *r)
{
    return nn_blocked_at(t, r->n, r->block, r->y, 0);
}

// Number of channels in this block: 8, fewer in the last one.
static inline int nn_blocked_channels(const nn_tensor *t, int64_t block)
{
    const int64_t left = t->shape.dim[1] - block * NN_BLOCK;
    return left < NN_BLOCK ? (int)left : NN_BLOCK;
}

// Zeroes the lanes of n pixels from lane `channels` on.
void nn_blocked_clear_lanes(float *pixels, int channels, int64_t n);

// nn_op_impl.run: copies the channels of input 0 that call->lanes lists to the output.
void nn_blocked_pick(const nn_op_call *call);

// Offers the implementation "blocked" of an operator: fills *impl and returns 1 when input 0 is
// blocked, else returns 0. Its input 0 and output are blocked, further inputs are dense.
int nn_blocked_impl(const nn_op_problem *problem, nn_op_impl *impl,
                    void (*run)(const nn_op_call *call));

#endif
