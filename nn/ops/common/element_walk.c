// SPDX-License-Identifier: MIT
// Indices of single elements: what gather_elements and scatter_elements share.
#include "nn/ops/common/element_walk.h"

nn_status nn_element_walk_check(const char *op, int axis, const nn_shape *x, const nn_shape *index,
                                nn_error *err)
{
    char a[96], b[96];
    int at;
    nn_status status = nn_op_require(op, x, 0, err);
    if (!status)
        status = nn_op_require(op, index, 0, err);
    if (!status)
        status = nn_op_axis(op, axis, x, &at, err);
    if (status)
        return status;
    bool fits = x->rank == index->rank && x->dim[at] > 0;
    for (int i = 0; fits && i < x->rank; i++)
        fits = i == at || index->dim[i] <= x->dim[i];
    return fits ? NN_OK
                : nn_fail(err, NN_ESHAPE, "%s: indices of %s do not fit into %s along axis %d", op,
                          nn_shape_text(index, b, sizeof b), nn_shape_text(x, a, sizeof a), at);
}

nn_element_walk nn_element_walk_of(int axis, const nn_shape *x, const nn_tensor *index)
{
    nn_element_walk w = {
        .rank = x->rank, .count = nn_shape_count(&index->shape), .index = nn_tensor_f32(index)};
    const int at = nn_op_axis_of(axis, x);
    int64_t step = 1;
    for (int i = x->rank - 1; i >= 0; i--) {
        w.dim[i] = index->shape.dim[i];
        w.step[i] = i == at ? 0 : step;
        if (i == at)
            w.along = step;
        step *= x->dim[i];
    }
    w.size = x->dim[at];
    return w;
}
