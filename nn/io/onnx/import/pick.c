// SPDX-License-Identifier: MIT
// ONNX: operators that find elements by place or by size: GatherElements, GatherND, TopK, OneHot,
// Hardmax, CumSum, ReverseSequence.
#include "nn/io/onnx/import/compose.h"

static void build_gather_elements(nn_onnx_node *n)
{
    const int axis = nn_onnx_axis(n, nn_onnx_int(n, "axis", 0), n->in[0]->shape.rank);
    nn_onnx_output(n, 0, nn_onnx_gather_elements(n, n->in[0], n->in[1], axis));
}

static void build_gather_nd(nn_onnx_node *n)
{
    const nn_gather_nd_params p = {(int32_t)nn_onnx_int(n, "batch_dims", 0)};
    const nn_onnx_value *y = nn_onnx_emit(n, &nn_op_gather_nd, &p, n->in, 2);
    nn_onnx_output(n, 0, nn_onnx_retype(n, y, n->in[0]->integer));
}

static void build_top_k(nn_onnx_node *n)
{
    const nn_onnx_value *x = n->in[0];
    int64_t k = nn_onnx_int(n, "k", 0);
    const int axis = nn_onnx_axis(n, nn_onnx_int(n, "axis", -1), x->shape.rank);
    if (n->n_in > 1 && nn_onnx_const_ints(n, n->in[1], &k, 1) != 1)
        nn_onnx_fail(n, NN_EFORMAT, "k is not one number");
    if (k < 0 || k > INT32_MAX)
        nn_onnx_fail(n, NN_EFORMAT, "k is %lld", (long long)k);
    const nn_top_k_params p = {axis, (int32_t)k, nn_onnx_int(n, "largest", 1) == 0};
    const nn_onnx_value *index = nn_onnx_emit(n, &nn_op_top_k, &p, &x, 1);
    index = nn_onnx_retype(n, index, true);
    if (nn_onnx_wants(n, 0))
        nn_onnx_output(n, 0, nn_onnx_gather_elements(n, x, index, axis));
    nn_onnx_output(n, 1, index);
}

// 1 where the places on a new axis equal the index; negative ones count from the end.
static void build_one_hot(nn_onnx_node *n)
{
    const nn_onnx_value *index = n->in[0], *values = n->in[2];
    const int rank = index->shape.rank;
    const int axis = nn_onnx_axis(n, nn_onnx_int(n, "axis", -1), rank + 1);
    int64_t depth;
    if (nn_onnx_const_ints(n, n->in[1], &depth, 1) != 1 || depth < 1 || depth > 1 << 20)
        nn_onnx_fail(n, NN_EUNSUPPORTED, "a depth that is no number from 1 to 2^20");
    if (nn_shape_count(&values->shape) != 2)
        nn_onnx_fail(n, NN_EFORMAT, "%lld values instead of 2",
                     (long long)nn_shape_count(&values->shape));
    if (nn_onnx_failed(n))
        return;
    const nn_onnx_value *size = nn_onnx_scalar(n, (float)depth);
    const nn_onnx_value *below =
        nn_onnx_arithmetic(n, NN_ARITHMETIC_LESS, index, nn_onnx_scalar(n, 0));
    index = nn_onnx_binary(n, &nn_op_add, index, nn_onnx_binary(n, &nn_op_mul, below, size));
    index = nn_onnx_add_axis(n, index, axis);
    const nn_onnx_value *hot =
        nn_onnx_arithmetic(n, NN_ARITHMETIC_EQUAL, index, nn_onnx_count(n, depth, rank + 1, axis));
    const nn_onnx_value *off = nn_onnx_slice(n, values, 0, 0, 1, 1);
    const nn_onnx_value *step =
        nn_onnx_arithmetic(n, NN_ARITHMETIC_SUB, nn_onnx_slice(n, values, 0, 1, 2, 1), off);
    const nn_onnx_value *y = nn_onnx_binary(n, &nn_op_mul, hot, step);
    nn_onnx_output(n, 0, nn_onnx_retype(n, nn_onnx_binary(n, &nn_op_add, y, off), values->integer));
}

// Up to opset 12 all axes from `axis` on are one.
static void build_hardmax(nn_onnx_node *n)
{
    const nn_onnx_value *x = n->in[0], *y = x;
    const bool newer = n->opset >= 13;
    int rank = x->shape.rank;
    int axis = nn_onnx_axis(n, nn_onnx_int(n, "axis", newer ? -1 : 1), rank);
    if (nn_onnx_failed(n))
        return;
    if (!newer) {
        const nn_shape flat =
            nn_shape_2d(nn_shape_span(&x->shape, 0, axis), nn_shape_span(&x->shape, axis, rank));
        y = nn_onnx_reshape(n, x, &flat);
        axis = 1;
        rank = 2;
    }
    const nn_arg_max_params p = {.axis = axis, .keep_dims = 1};
    const nn_onnx_value *best = y ? nn_onnx_emit(n, &nn_op_arg_max, &p, &y, 1) : NULL;
    if (!best)
        return;
    y = nn_onnx_arithmetic(n, NN_ARITHMETIC_EQUAL, best,
                           nn_onnx_count(n, y->shape.dim[axis], rank, axis));
    nn_onnx_output(n, 0, nn_onnx_reshape(n, y, &x->shape));
}

static void build_cum_sum(nn_onnx_node *n)
{
    const nn_onnx_value *x = n->in[0];
    int64_t axis = 0;
    if (nn_onnx_const_ints(n, n->in[1], &axis, 1) != 1)
        nn_onnx_fail(n, NN_EFORMAT, "the axis is not one number");
    const nn_cum_sum_params p = {nn_onnx_axis(n, axis, x->shape.rank),
                                 nn_onnx_int(n, "exclusive", 0) != 0,
                                 nn_onnx_int(n, "reverse", 0) != 0};
    nn_onnx_output(n, 0, nn_onnx_retype(n, nn_onnx_emit(n, &nn_op_cum_sum, &p, &x, 1), x->integer));
}

// Place t of a sequence of length l is l - 1 - t below l, and t from there on.
static const nn_onnx_value *reversed_places(nn_onnx_node *n, const nn_onnx_value *length,
                                            int64_t batch, int64_t size)
{
    const nn_onnx_value *t = nn_onnx_count(n, size, 2, 1), *l = nn_onnx_add_axis(n, length, 1);
    const nn_onnx_value *inside = nn_onnx_arithmetic(n, NN_ARITHMETIC_LESS, t, l);
    const nn_onnx_value *far = nn_onnx_arithmetic(
        n, NN_ARITHMETIC_SUB, nn_onnx_binary(n, &nn_op_add, l, nn_onnx_scalar(n, -1)),
        nn_onnx_binary(n, &nn_op_mul, t, nn_onnx_scalar(n, 2)));
    t = nn_onnx_binary(n, &nn_op_add, t, nn_onnx_binary(n, &nn_op_mul, far, inside));
    const int64_t dim[] = {batch, size, 1};
    const nn_onnx_value *entry = nn_onnx_expand(n, nn_onnx_count(n, batch, 3, 0), dim, 3);
    const nn_onnx_value *both[] = {entry, nn_onnx_add_axis(n, t, 2)};
    return nn_onnx_concat(n, both, 2, 2);
}

static void build_reverse_sequence(nn_onnx_node *n)
{
    const nn_onnx_value *x = n->in[0], *length = n->in[1];
    const int64_t batch_axis = nn_onnx_int(n, "batch_axis", 1);
    const int64_t time_axis = nn_onnx_int(n, "time_axis", 0);
    int swap[NN_MAX_RANK] = {1, 0, 2, 3, 4, 5};
    if (x->shape.rank < 2 || (batch_axis != 0 && batch_axis != 1) || time_axis != 1 - batch_axis ||
        length->shape.rank != 1 || length->shape.dim[0] != x->shape.dim[batch_axis]) {
        nn_onnx_fail(n, NN_EUNSUPPORTED, "axes %lld and %lld are not supported",
                     (long long)batch_axis, (long long)time_axis);
        return;
    }
    const nn_onnx_value *y = batch_axis == 1 ? nn_onnx_transpose(n, x, swap) : x;
    if (!y)
        return;
    const nn_onnx_value *in[] = {y, reversed_places(n, length, y->shape.dim[0], y->shape.dim[1])};
    y = nn_onnx_emit(n, &nn_op_gather_nd, &(nn_gather_nd_params){0}, in, 2);
    y = y && batch_axis == 1 ? nn_onnx_transpose(n, y, swap) : y;
    nn_onnx_output(n, 0, nn_onnx_retype(n, y, x->integer));
}

const nn_onnx_op nn_onnx_pick[] = {
    {"GatherElements", 2, 2, 1, build_gather_elements, 0},
    {"GatherND", 2, 2, 1, build_gather_nd, 0},
    {"TopK", 1, 2, 2, build_top_k, 0},
    {"OneHot", 3, 3, 1, build_one_hot, 0},
    {"Hardmax", 1, 1, 1, build_hardmax, 0},
    {"CumSum", 2, 2, 1, build_cum_sum, 0},
    {"ReverseSequence", 2, 2, 1, build_reverse_sequence, 0},
    {0},
};
