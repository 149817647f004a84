// SPDX-License-Identifier: MIT
// A range of an axis.
#include "nn/export_c/walk.h"
#include "nn/ops/common/check.h"

static nn_c_walk find_walk(const nn_c_writer *w, const nn_c_node *n)
{
    const nn_slice_params *p = n->info.params;
    const nn_shape *s = nn_c_shape(w, n->out), *from = nn_c_shape(w, n->in[0]);
    const int cut = nn_op_axis_of(p->axis, from);
    const int64_t size = from->dim[cut], begin = p->begin < 0 ? p->begin + size : p->begin;
    nn_c_walk t = {.base = (int)((begin < 0 ? 0 : begin) * nn_c_step(w, n->in[0], cut))};
    for (int i = 0; i < s->rank; i++) {
        const int axis = nn_c_axis(w, n->out, i);
        nn_c_walk_add(&t, s->dim[axis], nn_c_step(w, n->in[0], axis) * (axis == cut ? p->step : 1));
    }
    return t;
}

const nn_c_op nn_c_op_slice = {.op = &nn_op_slice, .order = NN_C_MOVES, .walk = find_walk};
