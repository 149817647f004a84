// SPDX-License-Identifier: MIT
// Rows of indices that each mean a place in a tensor: what gather_nd and scatter_nd share.
#ifndef NN_OPS_COMMON_SLICE_WALK_H
#define NN_OPS_COMMON_SLICE_WALK_H

#include "nn/ops/common/entry.h"
#include "nn/ops/op.h"

// The last axis of the indices holds places on the axes of x behind the first `batch` ones, which
// x and the indices share. Each row means a slice of x of `inner` elements.
typedef struct nn_slice_walk {
    int depth;                       // indices of a row
    int64_t rows, batch_rows, inner; // batch_rows: of one of the shared entries
    int64_t batch_step;              // of x, from one shared entry to the next
    int64_t size[NN_MAX_RANK], step[NN_MAX_RANK];
    const float *index;
} nn_slice_walk;

// Checks indices against x; *slices gets the shape of all slices: the indices without their last
// axis, and the axes of x that no index is for.
nn_status nn_slice_walk_check(const char *op, int batch, const nn_shape *x, const nn_shape *index,
                              nn_shape *slices, nn_error *err);
nn_slice_walk nn_slice_walk_of(int batch, const nn_shape *x, const nn_tensor *index);

// Offset in x of the slice of row i.
static inline int64_t nn_slice_walk_at(const nn_slice_walk *w, int64_t i)
{
    int64_t at = i / w->batch_rows * w->batch_step;
    for (int k = 0; k < w->depth; k++)
        at += nn_op_entry(w->index[i * w->depth + k], w->size[k]) * w->step[k];
    return at;
}

#endif
