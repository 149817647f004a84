// SPDX-License-Identifier: MIT
// Inside of receptive fields: which elements of an operator's input its output depends on.
#ifndef NN_EXPLAIN_RECEPTIVE_RULES_H
#define NN_EXPLAIN_RECEPTIVE_RULES_H

#include "nn/graph/model.h"

// Elements [begin, end) of each axis; empty when end <= begin on axis 0.
typedef struct nn_cell_box {
    int64_t begin[NN_MAX_RANK], end[NN_MAX_RANK];
} nn_cell_box;

// A node as a rule sees it, and which of its inputs is asked for.
typedef struct nn_cell_query {
    const nn_model *model;
    const nn_node_info *node;
    const nn_shape *shapes; // of all values
    const nn_shape *in, *out;
    int k; // input
} nn_cell_query;

// The box of all elements of the input that elements of `out` depend on. An operator without a rule
// depends on all of it.
nn_cell_box nn_cell_box_behind(const nn_cell_query *q, const nn_cell_box *out);

static inline nn_cell_box nn_cell_box_whole(const nn_shape *s)
{
    nn_cell_box box = {0};
    for (int i = 0; i < s->rank; i++)
        box.end[i] = s->dim[i];
    if (s->rank == 0)
        box.end[0] = 1;
    return box;
}

static inline bool nn_cell_box_is_empty(const nn_cell_box *box)
{
    return box->end[0] <= box->begin[0];
}

#endif
