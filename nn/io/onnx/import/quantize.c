// SPDX-License-Identifier: MIT
// ONNX: QuantizeLinear and DequantizeLinear. Those of 8 bits are operators of ours; others (uint16,
// the int32 of biases) are computed by plain arithmetic.
#include "nn/io/onnx/onnx_import.h"
#include "nn/io/onnx/onnx_proto.h"

enum { X, SCALE, ZERO }; // inputs
enum { TYPE_UINT8 = 2, TYPE_INT8 = 3, TYPE_UINT16 = 4, TYPE_INT16 = 5, TYPE_INT32 = 6 };

static const struct whole {
    int type;
    float low, high;
} wholes[] = {
    {TYPE_UINT8, 0, 255},
    {TYPE_INT8, -128, 127},
    {TYPE_UINT16, 0, 65535},
    {TYPE_INT16, -32768, 32767},
};

static bool is_narrow(int type)
{
    return type == TYPE_UINT8 || type == TYPE_INT8;
}

// Scales in a row belong to `axis`, 1 unless it is given. A scale of one element needs none.
static int find_axis(nn_onnx_node *n)
{
    if (nn_onnx_int(n, "block_size", 0) != 0)
        nn_onnx_fail(n, NN_EUNSUPPORTED, "scales of blocks (block_size) are not supported");
    if (nn_onnx_failed(n) || nn_shape_count(&n->in[SCALE]->shape) == 1)
        return 0;
    return nn_onnx_axis(n, nn_onnx_int(n, "axis", 1), n->in[X]->shape.rank);
}

// Scale or zero point `v` so that it broadcasts over the tensor.
static const nn_onnx_value *along(nn_onnx_node *n, const nn_onnx_value *v, int axis)
{
    nn_shape shape = {.rank = 0};
    if (v && nn_shape_count(&v->shape) != 1) {
        shape.rank = n->in[X]->shape.rank - axis;
        for (int i = 0; i < shape.rank; i++)
            shape.dim[i] = i == 0 ? nn_shape_count(&v->shape) : 1;
    }
    return v ? nn_onnx_reshape(n, v, &shape) : NULL;
}

static const nn_onnx_value *emit(nn_onnx_node *n, const nn_op *op, int type, int axis)
{
    const nn_quantize_params p = {
        .type = type == TYPE_UINT8 ? NN_QUANTIZED_U8 : NN_QUANTIZED_S8,
        .axis = axis,
    };
    const nn_onnx_value *in[] = {n->in[X], n->in[SCALE], n->n_in > ZERO ? n->in[ZERO] : NULL};
    return nn_onnx_emit(n, op, &p, in, 3);
}

static void build_quantize(nn_onnx_node *n)
{
    const int axis = find_axis(n);
    const nn_onnx_value *zero = n->n_in > ZERO ? n->in[ZERO] : NULL;
    int type = (int)nn_onnx_int(n, "output_dtype", 0);
    type = zero && zero->type ? zero->type : type ? type : TYPE_UINT8;
    const struct whole *w = NULL;
    for (size_t i = 0; i < sizeof wholes / sizeof *wholes; i++)
        w = wholes[i].type == type ? &wholes[i] : w;
    if (!w)
        nn_onnx_fail(n, NN_EUNSUPPORTED, "numbers of type %d are not supported", type);
    if (nn_onnx_failed(n))
        return;
    const nn_onnx_value *y;
    if (is_narrow(type)) {
        y = emit(n, &nn_op_quantize_linear, type, axis);
    } else {
        y = nn_onnx_arithmetic(n, NN_ARITHMETIC_DIV, n->in[X], along(n, n->in[SCALE], axis));
        y = nn_onnx_pointwise(n, NN_POINTWISE_ROUND, y, 0, 0);
        y = zero ? nn_onnx_binary(n, &nn_op_add, y, along(n, zero, axis)) : y;
        y = nn_onnx_pointwise(n, NN_POINTWISE_CLIP, y, w->low, w->high);
    }
    y = nn_onnx_retype(n, y, true);
    nn_onnx_set_type(y, type);
    nn_onnx_output(n, 0, y);
}

static void build_dequantize(nn_onnx_node *n)
{
    const int axis = find_axis(n);
    const nn_onnx_value *zero = n->n_in > ZERO ? n->in[ZERO] : NULL;
    const int type = zero && zero->type ? zero->type : n->in[X]->type;
    if (nn_onnx_failed(n))
        return;
    if (!n->in[X]->integer || type == 0 || !nn_onnx_type_is_integer(type)) {
        nn_onnx_fail(n, NN_EUNSUPPORTED, "its numbers have no type of whole numbers");
        return;
    }
    if (is_narrow(type)) {
        nn_onnx_output(n, 0, emit(n, &nn_op_dequantize_linear, type, axis));
        return;
    }
    const nn_onnx_value *x = nn_onnx_retype(n, n->in[X], false);
    if (zero)
        x = nn_onnx_arithmetic(n, NN_ARITHMETIC_SUB, x, along(n, zero, axis));
    nn_onnx_output(n, 0, nn_onnx_binary(n, &nn_op_mul, x, along(n, n->in[SCALE], axis)));
}

const nn_onnx_op nn_onnx_quantize_ops[] = {
    {"QuantizeLinear", 2, 3, 1, build_quantize, 0},
    {"DequantizeLinear", 2, 3, 1, build_dequantize, 0},
    {0},
};
