// SPDX-License-Identifier: MIT
// ONNX: MeanVarianceNormalization, and Det of small matrices.
#include "nn/io/onnx/import/compose.h"

// (x - mean) / (deviation + 1e-9)
static void build_mvn(nn_onnx_node *n)
{
    int64_t axes[NN_MAX_RANK];
    const nn_onnx_value *x = n->in[0];
    const int rank = x->shape.rank, count = nn_onnx_ints(n, "axes", axes, NN_MAX_RANK);
    const unsigned otherwise = ((1u << rank) - 1) & ~2u; // all but the channels
    const unsigned mask = nn_onnx_axes(n, axes, count, rank, otherwise);
    const nn_onnx_value *rest = nn_onnx_arithmetic(
        n, NN_ARITHMETIC_SUB, x, nn_onnx_reduce(n, NN_REDUCE_MEAN, x, mask, true));
    const nn_onnx_value *variance =
        nn_onnx_reduce(n, NN_REDUCE_MEAN, nn_onnx_binary(n, &nn_op_mul, rest, rest), mask, true);
    const nn_onnx_value *deviation =
        nn_onnx_binary(n, &nn_op_add, nn_onnx_pointwise(n, NN_POINTWISE_SQRT, variance, 0, 0),
                       nn_onnx_scalar(n, 1e-9f));
    nn_onnx_output(n, 0, nn_onnx_arithmetic(n, NN_ARITHMETIC_DIV, rest, deviation));
}

static const nn_onnx_value *element(nn_onnx_node *n, const nn_onnx_value *x, int row, int column)
{
    const int rank = x->shape.rank;
    const nn_onnx_value *v = nn_onnx_slice(n, x, rank - 2, row, row + 1, 1);
    v = nn_onnx_slice(n, v, rank - 1, column, column + 1, 1);
    return nn_onnx_drop_axis(n, nn_onnx_drop_axis(n, v, rank - 1), rank - 2);
}

// Of the rows from `row` on and two columns.
static const nn_onnx_value *minor(nn_onnx_node *n, const nn_onnx_value *x, int row, int a, int b)
{
    const nn_onnx_value *p =
        nn_onnx_binary(n, &nn_op_mul, element(n, x, row, a), element(n, x, row + 1, b));
    const nn_onnx_value *q =
        nn_onnx_binary(n, &nn_op_mul, element(n, x, row, b), element(n, x, row + 1, a));
    return nn_onnx_arithmetic(n, NN_ARITHMETIC_SUB, p, q);
}

static void build_det(nn_onnx_node *n)
{
    const nn_onnx_value *x = n->in[0], *y = NULL;
    const int rank = x->shape.rank;
    const int64_t size = rank < 2 ? 0 : x->shape.dim[rank - 1];
    if (size < 1 || size > 3 || x->shape.dim[rank - 2] != size) {
        nn_onnx_fail(n, NN_EUNSUPPORTED, "matrices of up to 3x3 are supported");
        return;
    }
    if (size < 3)
        y = size == 1 ? element(n, x, 0, 0) : minor(n, x, 0, 0, 1);
    for (int i = 0; size == 3 && i < 3; i++) {
        const nn_onnx_value *part = nn_onnx_binary(n, &nn_op_mul, element(n, x, 0, i),
                                                   minor(n, x, 1, (i + 1) % 3, (i + 2) % 3));
        y = y ? nn_onnx_binary(n, &nn_op_add, y, part) : part;
    }
    nn_onnx_output(n, 0, y);
}

const nn_onnx_op nn_onnx_moments[] = {
    {"MeanVarianceNormalization", 1, 1, 1, build_mvn, 0},
    {"Det", 1, 1, 1, build_det, 0},
    {0},
};
