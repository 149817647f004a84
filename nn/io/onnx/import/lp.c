// SPDX-License-Identifier: MIT
// ONNX: LpNormalization and GlobalLpPool.
#include "nn/io/onnx/import/compose.h"

// |x|^p, or the p-th root.
static const nn_onnx_value *raise(nn_onnx_node *n, const nn_onnx_value *x, int64_t p)
{
    if (p == 1)
        return nn_onnx_pointwise(n, NN_POINTWISE_ABS, x, 0, 0);
    if (p == 2)
        return nn_onnx_binary(n, &nn_op_mul, x, x);
    return nn_onnx_arithmetic(n, NN_ARITHMETIC_POW, nn_onnx_pointwise(n, NN_POINTWISE_ABS, x, 0, 0),
                              nn_onnx_scalar(n, (float)p));
}

static const nn_onnx_value *root(nn_onnx_node *n, const nn_onnx_value *x, int64_t p)
{
    if (p == 1)
        return x;
    if (p == 2)
        return nn_onnx_pointwise(n, NN_POINTWISE_SQRT, x, 0, 0);
    return nn_onnx_arithmetic(n, NN_ARITHMETIC_POW, x, nn_onnx_scalar(n, 1 / (float)p));
}

static int64_t find_power(nn_onnx_node *n)
{
    const int64_t p = nn_onnx_int(n, "p", 2);
    if (p < 1 || p > 16)
        nn_onnx_fail(n, NN_EUNSUPPORTED, "a norm of p = %lld, supported are 1 to 16", (long long)p);
    return p;
}

// Where the norm is 0, the result is: it is divided by the smallest number then.
static void build_normalization(nn_onnx_node *n)
{
    const nn_onnx_value *x = n->in[0];
    const int64_t p = find_power(n);
    const int axis = nn_onnx_axis(n, nn_onnx_int(n, "axis", -1), x->shape.rank);
    if (nn_onnx_failed(n))
        return;
    const nn_onnx_value *sum = nn_onnx_reduce(n, NN_REDUCE_SUM, raise(n, x, p), 1u << axis, true);
    const nn_onnx_value *norm =
        nn_onnx_arithmetic(n, NN_ARITHMETIC_MAX, root(n, sum, p), nn_onnx_scalar(n, 1e-30f));
    nn_onnx_output(n, 0, nn_onnx_arithmetic(n, NN_ARITHMETIC_DIV, x, norm));
}

static void build_global(nn_onnx_node *n)
{
    const nn_onnx_value *x = n->in[0];
    const int64_t p = find_power(n);
    if (x->shape.rank < 3)
        nn_onnx_fail(n, NN_ESHAPE, "a tensor of %d axes is no image", x->shape.rank);
    if (nn_onnx_failed(n))
        return;
    const unsigned axes = ((1u << x->shape.rank) - 1) & ~3u;
    nn_onnx_output(n, 0, root(n, nn_onnx_reduce(n, NN_REDUCE_SUM, raise(n, x, p), axes, true), p));
}

const nn_onnx_op nn_onnx_lp[] = {
    {"LpNormalization", 1, 1, 1, build_normalization, 0},
    {"GlobalLpPool", 1, 1, 1, build_global, 0},
    {0},
};
