// SPDX-License-Identifier: MIT
// ONNX: reductions over axes, ArgMax, softmax and its logarithm.
#include "nn/io/onnx/import/compose.h"

// The functions that precede and follow the reduction.
typedef enum form { PLAIN, MIN, L1, L2, LOG_SUM, LOG_SUM_EXP, SUM_SQUARE, PROD } form;

static const struct {
    form form;
    nn_reduce kind;
} forms[] = {
    {PLAIN, NN_REDUCE_MEAN},  {PLAIN, NN_REDUCE_MAX},       {PLAIN, NN_REDUCE_SUM},
    {MIN, NN_REDUCE_MAX},     {L1, NN_REDUCE_SUM},          {L2, NN_REDUCE_SUM},
    {LOG_SUM, NN_REDUCE_SUM}, {LOG_SUM_EXP, NN_REDUCE_SUM}, {SUM_SQUARE, NN_REDUCE_SUM},
    {PROD, NN_REDUCE_SUM},
};

static const nn_onnx_value *point(nn_onnx_node *n, nn_pointwise kind, const nn_onnx_value *x)
{
    return nn_onnx_pointwise(n, kind, x, 0, 0);
}

// log(sum(exp(x))) without overflow: the largest element is subtracted first.
static const nn_onnx_value *log_sum_exp(nn_onnx_node *n, const nn_onnx_value *x, unsigned axes)
{
    const nn_onnx_value *most = nn_onnx_reduce(n, NN_REDUCE_MAX, x, axes, true);
    const nn_onnx_value *rest = nn_onnx_arithmetic(n, NN_ARITHMETIC_SUB, x, most);
    const nn_onnx_value *sum =
        nn_onnx_reduce(n, NN_REDUCE_SUM, point(n, NN_POINTWISE_EXP, rest), axes, true);
    return nn_onnx_binary(n, &nn_op_add, point(n, NN_POINTWISE_LOG, sum), most);
}

const nn_onnx_value *nn_onnx_log_softmax(nn_onnx_node *n, const nn_onnx_value *x, int axis)
{
    if (!x || nn_onnx_failed(n))
        return NULL;
    return nn_onnx_arithmetic(n, NN_ARITHMETIC_SUB, x, log_sum_exp(n, x, 1u << axis));
}

// The product along an axis: halves are multiplied until one entry is left.
static const nn_onnx_value *product(nn_onnx_node *n, const nn_onnx_value *x, int axis)
{
    while (x && !nn_onnx_failed(n) && x->shape.dim[axis] > 1) {
        const int64_t size = x->shape.dim[axis], half = size / 2;
        const nn_onnx_value *rest = nn_onnx_slice(n, x, axis, 2 * half, size, 1);
        const nn_onnx_value *y =
            nn_onnx_binary(n, &nn_op_mul, nn_onnx_slice(n, x, axis, 0, half, 1),
                           nn_onnx_slice(n, x, axis, half, 2 * half, 1));
        const nn_onnx_value *both[] = {y, rest};
        x = nn_onnx_concat(n, both, size % 2 ? 2 : 1, axis);
    }
    if (x && !nn_onnx_failed(n) && x->shape.dim[axis] == 0)
        return nn_onnx_fail(n, NN_EUNSUPPORTED, "the product of no numbers is not supported");
    return x;
}

static const nn_onnx_value *product_of(nn_onnx_node *n, const nn_onnx_value *x, unsigned axes,
                                       bool keep)
{
    for (int i = x->shape.rank - 1; i >= 0; i--)
        if (axes >> i & 1) {
            x = product(n, x, i);
            x = keep ? x : nn_onnx_drop_axis(n, x, i);
            if (!x)
                return NULL;
        }
    return x;
}

static void build_reduce(nn_onnx_node *n)
{
    int64_t list[NN_MAX_RANK];
    const nn_onnx_value *x = n->in[0], *y;
    const int rank = x->shape.rank;
    const int count = nn_onnx_ints_of(n, 1, "axes", list, NN_MAX_RANK);
    const unsigned all = (1u << rank) - 1;
    const bool keep = nn_onnx_int(n, "keepdims", 1) != 0;
    const bool nothing = nn_onnx_int(n, "noop_with_empty_axes", 0) != 0;
    const unsigned axes = nn_onnx_axes(n, list, count, rank, nothing ? 0 : all);
    const form form = forms[n->arg].form;
    if (nn_onnx_failed(n))
        return;
    if (form == PROD) {
        y = product_of(n, x, axes, keep);
    } else if (form == LOG_SUM_EXP) {
        y = nn_onnx_reduce(n, NN_REDUCE_SUM, log_sum_exp(n, x, axes), axes, keep);
    } else {
        y = form == MIN                        ? point(n, NN_POINTWISE_NEG, x)
            : form == L1                       ? point(n, NN_POINTWISE_ABS, x)
            : form == L2 || form == SUM_SQUARE ? nn_onnx_binary(n, &nn_op_mul, x, x)
                                               : x;
        y = nn_onnx_reduce(n, forms[n->arg].kind, y, axes, keep);
        y = form == MIN       ? point(n, NN_POINTWISE_NEG, y)
            : form == L2      ? point(n, NN_POINTWISE_SQRT, y)
            : form == LOG_SUM ? point(n, NN_POINTWISE_LOG, y)
                              : y;
    }
    nn_onnx_output(n, 0, nn_onnx_retype(n, y, x->integer));
}

static void build_arg(nn_onnx_node *n)
{
    const nn_onnx_value *x = n->in[0];
    nn_arg_max_params p = {
        .axis = nn_onnx_axis(n, nn_onnx_int(n, "axis", 0), x->shape.rank),
        .keep_dims = nn_onnx_int(n, "keepdims", 1) != 0,
        .min = n->arg,
        .last = nn_onnx_int(n, "select_last_index", 0) != 0,
    };
    nn_onnx_output(n, 0, nn_onnx_retype(n, nn_onnx_emit(n, &nn_op_arg_max, &p, &x, 1), true));
}

// Up to opset 12 all axes from `axis` on are one.
static void build_softmax(nn_onnx_node *n)
{
    const nn_onnx_value *x = n->in[0], *y = x;
    const bool newer = n->opset >= 13, logarithm = n->arg;
    const int rank = x->shape.rank;
    int axis = nn_onnx_axis(n, nn_onnx_int(n, "axis", newer ? -1 : 1), rank);
    if (nn_onnx_failed(n))
        return;
    if (!newer) {
        nn_shape flat =
            nn_shape_2d(nn_shape_span(&x->shape, 0, axis), nn_shape_span(&x->shape, axis, rank));
        y = nn_onnx_reshape(n, x, &flat);
        axis = 1;
    }
    if (logarithm)
        y = nn_onnx_log_softmax(n, y, axis);
    else
        y = nn_onnx_emit(n, &nn_op_softmax, &(nn_softmax_params){axis}, &y, 1);
    nn_onnx_output(n, 0, nn_onnx_reshape(n, y, &x->shape));
}

const nn_onnx_op nn_onnx_reduce_ops[] = {
    {"ReduceMean", 1, 2, 1, build_reduce, 0},
    {"ReduceMax", 1, 2, 1, build_reduce, 1},
    {"ReduceSum", 1, 2, 1, build_reduce, 2},
    {"ReduceMin", 1, 2, 1, build_reduce, 3},
    {"ReduceL1", 1, 2, 1, build_reduce, 4},
    {"ReduceL2", 1, 2, 1, build_reduce, 5},
    {"ReduceLogSum", 1, 2, 1, build_reduce, 6},
    {"ReduceLogSumExp", 1, 2, 1, build_reduce, 7},
    {"ReduceSumSquare", 1, 2, 1, build_reduce, 8},
    {"ReduceProd", 1, 2, 1, build_reduce, 9},
    {"ArgMax", 1, 1, 1, build_arg, 0},
    {"ArgMin", 1, 1, 1, build_arg, 1},
    {"Softmax", 1, 1, 1, build_softmax, 0},
    {"LogSoftmax", 1, 1, 1, build_softmax, 1},
    {0},
};
