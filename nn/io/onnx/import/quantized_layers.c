// SPDX-License-Identifier: MIT
// ONNX: layers on whole numbers (QLinearConv, QLinearMatMul, ConvInteger, MatMulInteger), as
// dequantize_linear, the layer and quantize_linear; and DynamicQuantizeLinear.
#include "nn/io/onnx/import/kernel_attributes.h"
#include "nn/io/onnx/import/quantized_values.h"
#include "nn/io/onnx/onnx_proto.h"

enum { TYPE_UINT8 = 2, TYPE_INT8 = 3, TYPE_INT32 = 6 };

const nn_onnx_value *nn_onnx_input(const nn_onnx_node *n, int i)
{
    return i >= 0 && i < n->n_in ? n->in[i] : NULL;
}

static nn_quantize_params params_of(nn_onnx_node *n, const nn_onnx_value *x,
                                    const nn_onnx_value *zero, int axis)
{
    const int type = zero && zero->type ? zero->type : x->type;
    if (type != TYPE_UINT8 && type != TYPE_INT8)
        nn_onnx_fail(n, NN_EUNSUPPORTED, "numbers of type %d, uint8 and int8 are supported", type);
    return (nn_quantize_params){.type = type == TYPE_UINT8 ? NN_QUANTIZED_U8 : NN_QUANTIZED_S8,
                                .axis = axis};
}

const nn_onnx_value *nn_onnx_dequantize(nn_onnx_node *n, const nn_onnx_value *x,
                                        const nn_onnx_value *scale, const nn_onnx_value *zero,
                                        int axis)
{
    const nn_onnx_value *in[] = {x, scale ? scale : nn_onnx_scalar(n, 1), zero};
    const nn_quantize_params p = params_of(n, x, zero, axis);
    return nn_onnx_emit(n, &nn_op_dequantize_linear, &p, in, 3);
}

void nn_onnx_put_quantized(nn_onnx_node *n, int output, const nn_onnx_value *y,
                           const nn_onnx_value *scale, const nn_onnx_value *zero,
                           const nn_onnx_value *like)
{
    const nn_onnx_value *in[] = {y, scale, zero};
    const nn_quantize_params p = params_of(n, like, zero, 0);
    if (nn_onnx_failed(n))
        return;
    if (nn_shape_count(&scale->shape) != 1) {
        nn_onnx_fail(n, NN_EUNSUPPORTED, "a result with several scales is not supported");
        return;
    }
    y = nn_onnx_retype(n, nn_onnx_emit(n, &nn_op_quantize_linear, &p, in, 3), true);
    nn_onnx_set_type(y, p.type == NN_QUANTIZED_U8 ? TYPE_UINT8 : TYPE_INT8);
    nn_onnx_output(n, output, y);
}

const nn_onnx_value *nn_onnx_real_bias(nn_onnx_node *n, const nn_onnx_value *bias,
                                       const nn_onnx_value *x_scale, const nn_onnx_value *w_scale)
{
    if (!bias)
        return NULL;
    const nn_onnx_value *unit = nn_onnx_binary(n, &nn_op_mul, w_scale, x_scale);
    return nn_onnx_binary(n, &nn_op_mul, nn_onnx_retype(n, bias, false), unit);
}

// x, its scale and zero point; w, its scale and zero point; scale and zero point of y; bias.
static void build_qlinear_conv(nn_onnx_node *n)
{
    enum { X, X_SCALE, X_ZERO, W, W_SCALE, W_ZERO, Y_SCALE, Y_ZERO, BIAS };
    nn_onnx_node conv = *n;
    conv.in[0] = nn_onnx_dequantize(n, n->in[X], n->in[X_SCALE], n->in[X_ZERO], 0);
    conv.in[1] = nn_onnx_dequantize(n, n->in[W], n->in[W_SCALE], n->in[W_ZERO], 0);
    conv.in[2] = nn_onnx_real_bias(n, nn_onnx_input(n, BIAS), n->in[X_SCALE], n->in[W_SCALE]);
    conv.n_in = 3;
    if (!nn_onnx_failed(n))
        nn_onnx_put_quantized(n, 0, nn_onnx_put_conv(&conv), n->in[Y_SCALE], n->in[Y_ZERO],
                              n->in[Y_ZERO]);
}

static void build_conv_integer(nn_onnx_node *n)
{
    nn_onnx_node conv = *n;
    conv.in[0] = nn_onnx_dequantize(n, n->in[0], NULL, nn_onnx_input(n, 2), 0);
    conv.in[1] = nn_onnx_dequantize(n, n->in[1], NULL, nn_onnx_input(n, 3), 0);
    conv.in[2] = NULL;
    conv.n_in = 2;
    if (nn_onnx_failed(n))
        return;
    const nn_onnx_value *y = nn_onnx_retype(n, nn_onnx_put_conv(&conv), true);
    nn_onnx_set_type(y, TYPE_INT32);
    nn_onnx_output(n, 0, y);
}

// A matrix may have a scale for each row (a) or column (b): the axis that is left.
static const nn_onnx_value *dequantize_matrix(nn_onnx_node *n, const nn_onnx_value *x,
                                              const nn_onnx_value *scale, const nn_onnx_value *zero,
                                              bool rows)
{
    const int rank = x->shape.rank;
    return nn_onnx_dequantize(n, x, scale, zero, rows && rank > 1 ? rank - 2 : rank - 1);
}

static void build_qlinear_matmul(nn_onnx_node *n)
{
    enum { A, A_SCALE, A_ZERO, B, B_SCALE, B_ZERO, Y_SCALE, Y_ZERO };
    const nn_onnx_value *a = dequantize_matrix(n, n->in[A], n->in[A_SCALE], n->in[A_ZERO], true);
    const nn_onnx_value *b = dequantize_matrix(n, n->in[B], n->in[B_SCALE], n->in[B_ZERO], false);
    if (!nn_onnx_failed(n))
        nn_onnx_put_quantized(n, 0, nn_onnx_put_matmul(n, a, b), n->in[Y_SCALE], n->in[Y_ZERO],
                              n->in[Y_ZERO]);
}

static void build_matmul_integer(nn_onnx_node *n)
{
    const nn_onnx_value *a = dequantize_matrix(n, n->in[0], NULL, nn_onnx_input(n, 2), true);
    const nn_onnx_value *b = dequantize_matrix(n, n->in[1], NULL, nn_onnx_input(n, 3), false);
    if (nn_onnx_failed(n))
        return;
    const nn_onnx_value *y = nn_onnx_retype(n, nn_onnx_put_matmul(n, a, b), true);
    nn_onnx_set_type(y, TYPE_INT32);
    nn_onnx_output(n, 0, y);
}

// The range of the data and 0: scale (high - low) / 255, zero point -low / scale.
static void build_dynamic(nn_onnx_node *n)
{
    const nn_onnx_value *x = n->in[0], *none = nn_onnx_scalar(n, 0);
    const unsigned all = (1u << x->shape.rank) - 1;
    const nn_onnx_value *minus = nn_onnx_pointwise(n, NN_POINTWISE_NEG, x, 0, 0);
    const nn_onnx_value *high = nn_onnx_reduce(n, NN_REDUCE_MAX, x, all, false);
    const nn_onnx_value *below = nn_onnx_reduce(n, NN_REDUCE_MAX, minus, all, false); // -low
    high = nn_onnx_arithmetic(n, NN_ARITHMETIC_MAX, high, none);
    below = nn_onnx_arithmetic(n, NN_ARITHMETIC_MAX, below, none);
    const nn_onnx_value *scale = nn_onnx_arithmetic(
        n, NN_ARITHMETIC_DIV, nn_onnx_binary(n, &nn_op_add, high, below), nn_onnx_scalar(n, 255));
    const nn_onnx_value *zero = nn_onnx_arithmetic(n, NN_ARITHMETIC_DIV, below, scale);
    zero = nn_onnx_pointwise(n, NN_POINTWISE_ROUND, zero, 0, 0);
    zero = nn_onnx_retype(n, nn_onnx_pointwise(n, NN_POINTWISE_CLIP, zero, 0, 255), true);
    nn_onnx_set_type(zero, TYPE_UINT8);
    if (nn_onnx_failed(n))
        return;
    nn_onnx_put_quantized(n, 0, x, scale, zero, zero);
    nn_onnx_output(n, 1, scale);
    nn_onnx_output(n, 2, zero);
}

const nn_onnx_op nn_onnx_quantized_layers[] = {
    {"QLinearConv", 8, 9, 1, build_qlinear_conv, 0},
    {"ConvInteger", 2, 4, 1, build_conv_integer, 0},
    {"QLinearMatMul", 8, 8, 1, build_qlinear_matmul, 0},
    {"MatMulInteger", 2, 4, 1, build_matmul_integer, 0},
    {"DynamicQuantizeLinear", 1, 1, 3, build_dynamic, 0},
    {0},
};
