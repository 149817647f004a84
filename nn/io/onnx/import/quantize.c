// SPDX-License-Identifier: MIT
// ONNX: QuantizeLinear and DequantizeLinear. Those of 8 bits are operators of ours; others (4 bits,
// uint16, the int32 of biases, and scales of blocks) are computed by plain arithmetic.
#include "nn/io/onnx/onnx_import.h"
#include "nn/io/onnx/onnx_proto.h"

enum { X, SCALE, ZERO }; // inputs
enum { TYPE_UINT8 = 2, TYPE_INT8 = 3, TYPE_UINT16 = 4, TYPE_INT16 = 5, TYPE_UINT4 = 21, TYPE_INT4 };

static const struct whole {
    int type;
    float low, high;
} wholes[] = {
    {TYPE_UINT8, 0, 255},        {TYPE_INT8, -128, 127}, {TYPE_UINT16, 0, 65535},
    {TYPE_INT16, -32768, 32767}, {TYPE_UINT4, 0, 15},    {TYPE_INT4, -8, 7},
};

// Along which axis scales differ, and how many numbers of it share one; 0: only one.
typedef struct sharing {
    int axis;
    int64_t block;
} sharing;

static bool is_narrow(int type)
{
    return type == TYPE_UINT8 || type == TYPE_INT8;
}

// Scales in a row belong to `axis`, 1 unless it is given. A scale of one element needs none.
static sharing find_sharing(nn_onnx_node *n)
{
    sharing s = {.block = nn_onnx_int(n, "block_size", 0)};
    if (s.block < 0)
        nn_onnx_fail(n, NN_EFORMAT, "its block_size is %lld", (long long)s.block);
    if (nn_onnx_failed(n) || (s.block == 0 && nn_shape_count(&n->in[SCALE]->shape) == 1))
        return s;
    s.axis = nn_onnx_axis(n, nn_onnx_int(n, "axis", 1), n->in[X]->shape.rank);
    return s;
}

// Scale or zero point `v` of each block for every number of the tensor.
static const nn_onnx_value *spread(nn_onnx_node *n, const nn_onnx_value *v, sharing s)
{
    const nn_shape *x = &n->in[X]->shape;
    const int64_t whole = x->dim[s.axis], blocks = whole / s.block + (whole % s.block != 0);
    nn_shape want = *x;
    want.dim[s.axis] = blocks;
    if (!nn_shape_equal(&v->shape, &want)) {
        char have[96], text[96];
        return nn_onnx_fail(n, NN_ESHAPE, "scales or zero points of %s where blocks want %s",
                            nn_shape_text(&v->shape, have, sizeof have),
                            nn_shape_text(&want, text, sizeof text));
    }
    const int64_t outer = nn_shape_span(x, 0, s.axis),
                  inner = nn_shape_span(x, s.axis + 1, x->rank);
    const int64_t length = s.block < whole ? s.block : whole;
    const nn_tile_params p = {.rank = 4, .repeats = {1, 1, (int32_t)length, 1}};
    const nn_onnx_value *y = nn_onnx_reshape(n, v, &(nn_shape){4, {outer, blocks, 1, inner}});
    y = nn_onnx_emit(n, &nn_op_tile, &p, &y, 1);
    y = nn_onnx_reshape(n, y, &(nn_shape){3, {outer, blocks * length, inner}});
    if (blocks * length > whole)
        y = nn_onnx_slice(n, y, 1, 0, whole, 1);
    return nn_onnx_reshape(n, y, x);
}

// Scale or zero point `v` so that it broadcasts over the tensor.
static const nn_onnx_value *along(nn_onnx_node *n, const nn_onnx_value *v, sharing s)
{
    nn_shape shape = {.rank = 0};
    if (v && s.block > 0)
        return spread(n, v, s);
    if (v && nn_shape_count(&v->shape) != 1) {
        shape.rank = n->in[X]->shape.rank - s.axis;
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
    const sharing shared = find_sharing(n);
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
    if (shared.block == 0 && is_narrow(type)) {
        y = emit(n, &nn_op_quantize_linear, type, shared.axis);
    } else {
        y = nn_onnx_arithmetic(n, NN_ARITHMETIC_DIV, n->in[X], along(n, n->in[SCALE], shared));
        y = nn_onnx_pointwise(n, NN_POINTWISE_ROUND, y, 0, 0);
        y = zero ? nn_onnx_binary(n, &nn_op_add, y, along(n, zero, shared)) : y;
        y = nn_onnx_pointwise(n, NN_POINTWISE_CLIP, y, w->low, w->high);
    }
    y = nn_onnx_retype(n, y, true);
    nn_onnx_set_type(y, type);
    nn_onnx_output(n, 0, y);
}

static void build_dequantize(nn_onnx_node *n)
{
    const sharing shared = find_sharing(n);
    const nn_onnx_value *zero = n->n_in > ZERO ? n->in[ZERO] : NULL;
    const int type = zero && zero->type ? zero->type : n->in[X]->type;
    if (nn_onnx_failed(n))
        return;
    if (!n->in[X]->integer || type == 0 || !nn_onnx_type_is_integer(type)) {
        nn_onnx_fail(n, NN_EUNSUPPORTED, "its numbers have no type of whole numbers");
        return;
    }
    if (shared.block == 0 && is_narrow(type)) {
        nn_onnx_output(n, 0, emit(n, &nn_op_dequantize_linear, type, shared.axis));
        return;
    }
    const nn_onnx_value *x = nn_onnx_retype(n, n->in[X], false);
    if (zero)
        x = nn_onnx_arithmetic(n, NN_ARITHMETIC_SUB, x, along(n, zero, shared));
    nn_onnx_output(n, 0, nn_onnx_binary(n, &nn_op_mul, x, along(n, n->in[SCALE], shared)));
}

const nn_onnx_op nn_onnx_quantize_ops[] = {
    {"QuantizeLinear", 2, 3, 1, build_quantize, 0},
    {"DequantizeLinear", 2, 3, 1, build_dequantize, 0},
    {0},
};
