// SPDX-License-Identifier: MIT
// Rows of indices that each mean a place in a tensor: what gather_nd and scatter_nd share.
#include "nn/ops/common/slice_walk.h"

#include "nn/ops/common/check.h"

static bool fits(int batch, const nn_shape *x, const nn_shape *index)
{
    if (batch < 0 || x->rank < 1 || index->rank < 1 || batch >= index->rank || batch >= x->rank)
        return false;
    const int64_t depth = index->dim[index->rank - 1];
    if (depth < 1 || depth > x->rank - batch)
        return false;
    for (int i = 0; i < batch; i++)
        if (x->dim[i] != index->dim[i])
            return false;
    for (int i = 0; i < depth; i++)
        if (x->dim[batch + i] < 1)
            return false;
    return true;
}

nn_status nn_slice_walk_check(const char *op, int batch, const nn_shape *x, const nn_shape *index,
                              nn_shape *slices, nn_error *err)
{
    char a[96], b[96];
    nn_status status = nn_op_require(op, x, 0, err);
    if (!status)
        status = nn_op_require(op, index, 0, err);
    if (status)
        return status;
    if (!fits(batch, x, index))
        return nn_fail(err, NN_ESHAPE, "%s: indices of %s do not suit %s with %d shared axes", op,
                       nn_shape_text(index, b, sizeof b), nn_shape_text(x, a, sizeof a), batch);
    const int from = batch + (int)index->dim[index->rank - 1];
    const int rank = index->rank - 1 + x->rank - from;
    if (rank > NN_MAX_RANK)
        return nn_fail(err, NN_ESHAPE, "%s: %d axes, at most %d are possible", op, rank,
                       NN_MAX_RANK);
    slices->rank = 0;
    for (int i = 0; i < index->rank - 1; i++)
        slices->dim[slices->rank++] = index->dim[i];
    for (int i = from; i < x->rank; i++)
        slices->dim[slices->rank++] = x->dim[i];
    return NN_OK;
}

nn_slice_walk nn_slice_walk_of(int batch, const nn_shape *x, const nn_tensor *index)
{
    const nn_shape *s = &index->shape;
    nn_slice_walk w = {.depth = (int)s->dim[s->rank - 1],
                       .rows = nn_shape_span(s, 0, s->rank - 1),
                       .batch_rows = nn_shape_span(s, batch, s->rank - 1),
                       .batch_step = nn_shape_span(x, batch, x->rank),
                       .inner = nn_shape_span(x, batch + (int)s->dim[s->rank - 1], x->rank),
                       .index = nn_tensor_f32(index)};
    for (int k = 0; k < w.depth; k++) {
        w.size[k] = x->dim[batch + k];
        w.step[k] = nn_shape_span(x, batch + k + 1, x->rank);
    }
    return w;
}
