// SPDX-License-Identifier: MIT
// Indices of single elements: what gather_elements and scatter_elements share.
#ifndef NN_OPS_COMMON_ELEMENT_WALK_H
#define NN_OPS_COMMON_ELEMENT_WALK_H

#include "nn/ops/common/check.h"
#include "nn/ops/common/entry.h"

// A walk over a tensor of indices, each of which means one element of a tensor x.
typedef struct nn_element_walk {
    int rank;
    int64_t count, dim[NN_MAX_RANK], step[NN_MAX_RANK]; // of the indices; steps are those of x
    int64_t size, along;                                // of the axis of x, and its step
    const float *index;
} nn_element_walk;

// The shape of the indices must fit into x on all axes but `axis`, which must have entries.
nn_status nn_element_walk_check(const char *op, int axis, const nn_shape *x, const nn_shape *index,
                                nn_error *err);
nn_element_walk nn_element_walk_of(int axis, const nn_shape *x, const nn_tensor *index);

// Offset in x of what index i means.
static inline int64_t nn_element_walk_at(const nn_element_walk *w, int64_t i)
{
    return nn_op_offset(i, w->rank, w->dim, w->step) + nn_op_entry(w->index[i], w->size) * w->along;
}

#endif
