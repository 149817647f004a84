// SPDX-License-Identifier: MIT
// Axes in another order.
#include "nn/export_c/walk.h"

static nn_c_walk find_walk(const nn_c_writer *w, const nn_c_node *n)
{
    const nn_transpose_params *p = n->info.params;
    const nn_shape *s = nn_c_shape(w, n->out);
    nn_c_walk t = {0};
    for (int i = 0; i < s->rank; i++) {
        const int axis = nn_c_axis(w, n->out, i);
        nn_c_walk_add(&t, s->dim[axis], nn_c_step(w, n->in[0], p->perm[axis]));
    }
    return t;
}

const nn_c_op nn_c_op_transpose = {.op = &nn_op_transpose, .order = NN_C_MOVES, .walk = find_walk};
