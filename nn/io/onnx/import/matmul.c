// SPDX-License-Identifier: MIT
// ONNX: MatMul and Gemm.
#include "nn/io/onnx/import/kernel_attributes.h"

// Vectors become matrices with one row or column, and the result loses this dimension again.
const nn_onnx_value *nn_onnx_put_matmul(nn_onnx_node *n, const nn_onnx_value *a,
                                        const nn_onnx_value *b)
{
    const int ranks[] = {a->shape.rank, b->shape.rank};
    if (ranks[0] < 1 || ranks[1] < 1)
        return nn_onnx_fail(n, NN_ESHAPE, "a scalar is not supported");
    if (ranks[0] == 1)
        a = nn_onnx_reshape(n, a, &(nn_shape){2, {1, a->shape.dim[0]}});
    if (ranks[1] == 1)
        b = nn_onnx_reshape(n, b, &(nn_shape){2, {b->shape.dim[0], 1}});
    const nn_onnx_value *in[] = {a, b};
    const nn_onnx_value *y = nn_onnx_emit(n, &nn_op_matmul, &(nn_matmul_params){0, 0, 1}, in, 2);
    if (y && (ranks[0] == 1 || ranks[1] == 1)) {
        nn_shape shape = {0};
        for (int i = 0; i < y->shape.rank; i++)
            if (!(i == y->shape.rank - 2 && ranks[0] == 1) &&
                !(i == y->shape.rank - 1 && ranks[1] == 1))
                shape.dim[shape.rank++] = y->shape.dim[i];
        y = nn_onnx_reshape(n, y, &shape);
    }
    return y;
}

// Square by square, so that both sides stay in the cache; rows are read from end to end.
static void transpose(float *restrict to, const float *from, int64_t rows, int64_t columns)
{
    enum { SIDE = 16 };
    for (int64_t r0 = 0; r0 < rows; r0 += SIDE)
        for (int64_t c0 = 0; c0 < columns; c0 += SIDE)
            for (int64_t c = c0; c < columns && c < c0 + SIDE; c++)
                for (int64_t r = r0; r < rows && r < r0 + SIDE; r++)
                    to[c * rows + r] = from[r * columns + c];
}

// A product with a constant matrix is a linear layer, whose weights are stored transposed.
static const nn_onnx_value *put_linear(nn_onnx_node *n, const nn_onnx_value *a,
                                       const nn_onnx_value *b)
{
    const int64_t rows = b->shape.dim[0], columns = b->shape.dim[1];
    float *to;
    const nn_onnx_value *weight = nn_onnx_make(n, &(nn_shape){2, {columns, rows}}, false, &to);
    if (to)
        transpose(to, b->data, rows, columns);
    const nn_onnx_value *in[] = {a, weight};
    return nn_onnx_emit(n, &nn_op_linear, &(nn_linear_params){0}, in, 2);
}

static void build_matmul(nn_onnx_node *n)
{
    const nn_onnx_value *a = n->in[0], *b = n->in[1];
    if (b->data && b->shape.rank == 2 && a->shape.rank > 1 && !a->data) {
        nn_onnx_output(n, 0, put_linear(n, a, b));
        return;
    }
    nn_onnx_output(n, 0, nn_onnx_put_matmul(n, n->in[0], n->in[1]));
}

// alpha a b + beta c. Most exporters write linear layers in this way.
static void build_gemm(nn_onnx_node *n)
{
    const nn_onnx_value *a = n->in[0], *b = n->in[1], *c = n->n_in > 2 ? n->in[2] : NULL;
    const float alpha = nn_onnx_float(n, "alpha", 1), beta = nn_onnx_float(n, "beta", 1);
    const int32_t trans_a = nn_onnx_int(n, "transA", 0) != 0;
    const int32_t trans_b = nn_onnx_int(n, "transB", 0) != 0;
    if (!trans_a && trans_b && alpha == 1 && beta == 1 && b->shape.rank == 2 &&
        (!c || (c->shape.rank == 1 && c->shape.dim[0] == b->shape.dim[0]))) {
        const nn_onnx_value *in[] = {a, b, c};
        nn_onnx_output(n, 0, nn_onnx_emit(n, &nn_op_linear, &(nn_linear_params){0}, in, 3));
        return;
    }
    const nn_onnx_value *in[] = {a, b};
    const nn_onnx_value *y =
        nn_onnx_emit(n, &nn_op_matmul, &(nn_matmul_params){trans_a, trans_b, alpha}, in, 2);
    if (c && beta != 1)
        c = nn_onnx_binary(n, &nn_op_mul, c, nn_onnx_scalar(n, beta));
    if (c && beta != 0)
        y = nn_onnx_binary(n, &nn_op_add, y, c);
    nn_onnx_output(n, 0, y);
}

const nn_onnx_op nn_onnx_matmul[] = {
    {"MatMul", 2, 2, 1, build_matmul, 0},
    {"Gemm", 2, 3, 1, build_gemm, 0},
    {0},
};
