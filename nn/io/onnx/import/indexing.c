// SPDX-License-Identifier: MIT
// ONNX: operators that pick, join and repeat elements: Gather, Slice, Split, Concat, Pad, Tile, ...
#include "nn/base/arith.h"
#include "nn/io/onnx/import/compose.h"

static void build_concat(nn_onnx_node *n)
{
    const int axis = nn_onnx_axis(n, nn_onnx_int(n, "axis", 0), n->in[0]->shape.rank);
    const nn_onnx_value *in[NN_ONNX_MAX_IN];
    int count = 0;
    for (int i = 0; i < n->n_in; i++) // what is empty adds nothing
        if (n->in[i] && (i == 0 || nn_shape_count(&n->in[i]->shape) > 0))
            in[count++] = n->in[i];
    const nn_onnx_value *y =
        count == 1 ? in[0] : nn_onnx_emit(n, &nn_op_concat, &(nn_concat_params){axis}, in, count);
    nn_onnx_output(n, 0, nn_onnx_retype(n, y, n->in[0]->integer));
}

// One constant index is a slice without its axis.
static void build_gather(nn_onnx_node *n)
{
    const nn_onnx_value *x = n->in[0], *index = n->in[1], *y;
    const int axis = nn_onnx_axis(n, nn_onnx_int(n, "axis", 0), x->shape.rank);
    int64_t at;
    if (nn_onnx_failed(n))
        return;
    if (index->data && index->shape.rank == 0 && nn_onnx_const_ints(n, index, &at, 1) == 1) {
        const int64_t size = x->shape.dim[axis];
        at += at < 0 ? size : 0;
        if (at < 0 || at >= size) {
            nn_onnx_fail(n, NN_EFORMAT, "index %lld is outside of an axis of size %lld",
                         (long long)at, (long long)size);
            return;
        }
        nn_shape shape = {.rank = x->shape.rank - 1};
        for (int i = 0; i < shape.rank; i++)
            shape.dim[i] = x->shape.dim[i + (i >= axis)];
        y = nn_onnx_reshape(n, nn_onnx_slice(n, x, axis, at, at + 1, 1), &shape);
    } else {
        const nn_onnx_value *in[] = {x, index};
        y = nn_onnx_emit(n, &nn_op_gather, &(nn_gather_params){axis}, in, 2);
    }
    nn_onnx_output(n, 0, nn_onnx_retype(n, y, x->integer));
}

static void build_slice(nn_onnx_node *n)
{
    int64_t begin[NN_MAX_RANK], end[NN_MAX_RANK], axes[NN_MAX_RANK], steps[NN_MAX_RANK];
    const nn_onnx_value *y = n->in[0];
    const int count = nn_onnx_ints_of(n, 1, "starts", begin, NN_MAX_RANK);
    const int ends = nn_onnx_ints_of(n, 2, "ends", end, NN_MAX_RANK);
    const int axis_count = nn_onnx_ints_of(n, 3, "axes", axes, NN_MAX_RANK);
    const int step_count = nn_onnx_ints_of(n, 4, "steps", steps, NN_MAX_RANK);
    if (count < 0 || ends != count || (axis_count >= 0 && axis_count != count) ||
        (step_count >= 0 && step_count != count))
        nn_onnx_fail(n, NN_EFORMAT, "starts, ends, axes and steps differ in number");
    for (int i = 0; i < count && !nn_onnx_failed(n); i++) {
        const int axis = nn_onnx_axis(n, axis_count < 0 ? i : axes[i], n->in[0]->shape.rank);
        const int64_t step = step_count < 0 ? 1 : steps[i];
        if (step == 0)
            nn_onnx_fail(n, NN_EFORMAT, "a step of 0 is invalid");
        else
            y = nn_onnx_slice(n, y, axis, begin[i], end[i], step);
    }
    nn_onnx_output(n, 0, y);
}

static void build_split(nn_onnx_node *n)
{
    enum { MAX_PARTS = 256 };
    int64_t sizes[MAX_PARTS];
    const nn_onnx_value *x = n->in[0];
    const int axis = nn_onnx_axis(n, nn_onnx_int(n, "axis", 0), x->shape.rank);
    const int count = nn_onnx_ints_of(n, 1, "split", sizes, MAX_PARTS);
    const int parts = n->n_out;
    if ((count >= 0 && count != parts) || parts < 1 || parts > MAX_PARTS)
        nn_onnx_fail(n, NN_EFORMAT, "%d outputs are not supported", parts);
    if (nn_onnx_failed(n))
        return;
    const int64_t size = x->shape.dim[axis], share = nn_divide_up(size, parts);
    int64_t at = 0;
    for (int i = 0; i < parts; i++) {
        const int64_t left = size - at, take = count < 0 ? (share < left ? share : left) : sizes[i];
        if (take < 0 || take > left || (take == 0 && count < 0))
            nn_onnx_fail(n, NN_EUNSUPPORTED, "part %d has %lld of %lld", i, (long long)take,
                         (long long)size);
        if (nn_onnx_wants(n, i))
            nn_onnx_output(n, i, nn_onnx_slice(n, x, axis, at, at + take, 1));
        at += take;
    }
}

// The other end of each axis before and behind it; counts below 0 cut off.
static const nn_onnx_value *pad_around(nn_onnx_node *n, const nn_onnx_value *x,
                                       const nn_pad_params *p)
{
    for (int i = 0; i < p->rank && x && !nn_onnx_failed(n); i++) {
        const int64_t size = x->shape.dim[i], begin = p->begin[i], end = p->end[i];
        if (begin > size || end > size)
            return nn_onnx_fail(
                n, NN_EUNSUPPORTED,
                "more than the %lld elements of axis %d around it are not supported",
                (long long)size, i);
        const nn_onnx_value *parts[3];
        int count = 0;
        if (begin > 0)
            parts[count++] = nn_onnx_slice(n, x, i, size - begin, size, 1);
        parts[count++] = begin < 0 || end < 0 ? nn_onnx_slice(n, x, i, begin < 0 ? -begin : 0,
                                                              end < 0 ? size + end : size, 1)
                                              : x;
        if (end > 0)
            parts[count++] = nn_onnx_slice(n, x, i, 0, end, 1);
        x = count > 1 ? nn_onnx_concat(n, parts, count, i) : parts[0];
    }
    return x;
}

static void build_pad(nn_onnx_node *n)
{
    int64_t pads[2 * NN_MAX_RANK], axes[NN_MAX_RANK];
    const nn_onnx_value *x = n->in[0];
    const int rank = x->shape.rank, count = nn_onnx_ints_of(n, 1, "pads", pads, 2 * NN_MAX_RANK);
    const int axis_count = n->n_in > 3 ? nn_onnx_const_ints(n, n->in[3], axes, NN_MAX_RANK) : 0;
    const int each = axis_count > 0 ? axis_count : rank;
    nn_pad_params p = {.rank = rank,
                       .mode = nn_onnx_is(n, "mode", "reflect", false) ? NN_PAD_REFLECT
                               : nn_onnx_is(n, "mode", "edge", false)  ? NN_PAD_EDGE
                                                                       : NN_PAD_CONSTANT};
    if (count != 2 * each)
        nn_onnx_fail(n, NN_EFORMAT, "%d pads for %d axes", count, each);
    for (int i = 0; i < each && !nn_onnx_failed(n); i++) {
        const int axis = axis_count > 0 ? nn_onnx_axis(n, axes[i], rank) : i;
        p.begin[axis] = (int32_t)pads[i];
        p.end[axis] = (int32_t)pads[each + i];
    }
    p.value = nn_onnx_const_float(n, 2, nn_onnx_float(n, "value", 0));
    const nn_onnx_value *y = nn_onnx_is(n, "mode", "wrap", false)
                                 ? pad_around(n, x, &p)
                                 : nn_onnx_emit(n, &nn_op_pad, &p, &x, 1);
    nn_onnx_output(n, 0, nn_onnx_retype(n, y, x->integer));
}

// x with 1 in front up to `rank`, and every axis repeated.
static const nn_onnx_value *repeat(nn_onnx_node *n, const nn_onnx_value *x, int rank,
                                   const int64_t *repeats)
{
    nn_tile_params p = {.rank = rank};
    nn_shape shape = {.rank = rank};
    bool more = false;
    for (int i = 0; i < rank; i++) {
        const int from = i - (rank - x->shape.rank);
        shape.dim[i] = from < 0 ? 1 : x->shape.dim[from];
        p.repeats[i] = repeats[i] > 0 && repeats[i] <= INT32_MAX ? (int32_t)repeats[i] : 0;
        more = more || repeats[i] != 1;
    }
    const nn_onnx_value *v = nn_onnx_reshape(n, x, &shape);
    return more ? nn_onnx_retype(n, nn_onnx_emit(n, &nn_op_tile, &p, &v, 1), x->integer) : v;
}

static void build_tile(nn_onnx_node *n)
{
    int64_t repeats[NN_MAX_RANK];
    const int count = nn_onnx_const_ints(n, n->in[1], repeats, NN_MAX_RANK);
    if (count != n->in[0]->shape.rank)
        nn_onnx_fail(n, NN_ESHAPE, "%d repeats for %d axes", count, n->in[0]->shape.rank);
    else
        nn_onnx_output(n, 0, repeat(n, n->in[0], count, repeats));
}

const nn_onnx_value *nn_onnx_expand(nn_onnx_node *n, const nn_onnx_value *v, const int64_t *dim,
                                    int count)
{
    int64_t repeats[NN_MAX_RANK];
    if (!v || nn_onnx_failed(n))
        return NULL;
    const nn_shape *x = &v->shape;
    const int rank = count > x->rank ? count : x->rank;
    for (int i = 0; i < rank; i++) {
        const int a = i - (rank - x->rank), b = i - (rank - count);
        const int64_t have = a < 0 ? 1 : x->dim[a], want = b < 0 ? 1 : dim[b];
        if (have != want && have != 1 && want != 1)
            return nn_onnx_fail(n, NN_ESHAPE, "axis %d of %lld cannot become %lld", i,
                                (long long)have, (long long)want);
        repeats[i] = have == 1 ? want : 1;
    }
    return repeat(n, v, rank, repeats);
}

static void build_expand(nn_onnx_node *n)
{
    int64_t dim[NN_MAX_RANK];
    const int count = nn_onnx_const_ints(n, n->in[1], dim, NN_MAX_RANK);
    nn_onnx_output(n, 0, nn_onnx_expand(n, n->in[0], dim, count));
}

const nn_onnx_op nn_onnx_indexing[] = {
    {"Concat", 1, NN_ONNX_MAX_IN, 1, build_concat, 0},
    {"Gather", 2, 2, 1, build_gather, 0},
    {"Slice", 1, 5, 1, build_slice, 0},
    {"Split", 1, 2, 256, build_split, 0},
    {"Pad", 1, 4, 1, build_pad, 0},
    {"Tile", 2, 2, 1, build_tile, 0},
    {"Expand", 2, 2, 1, build_expand, 0},
    {0},
};
