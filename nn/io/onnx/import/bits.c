// SPDX-License-Identifier: MIT
// ONNX: BitShift, and BitwiseAnd and its like. Whole numbers are exact up to 2^24.
#include "nn/io/onnx/import/compose.h"
#include "nn/io/onnx/onnx_proto.h"

enum { TYPE_UINT8 = 2, TYPE_UINT16 = 4, TYPE_BOOL = 9, TYPE_UINT32 = 12, TYPE_UINT64 = 13 };
enum { AND, OR, XOR };

static int bits_of(int type)
{
    return type == TYPE_UINT8    ? 8
           : type == TYPE_UINT16 ? 16
           : type == TYPE_UINT32 ? 32
           : type == TYPE_UINT64 ? 64
                                 : 0;
}

// a 2^b without what is over the type's bits, or the whole part of a / 2^b.
static void build_shift(nn_onnx_node *n)
{
    const nn_onnx_value *a = n->in[0], *y;
    const bool left = nn_onnx_is(n, "direction", "LEFT", false);
    const int bits = bits_of(a->type);
    const nn_onnx_value *power =
        nn_onnx_arithmetic(n, NN_ARITHMETIC_POW, nn_onnx_scalar(n, 2), n->in[1]);
    if (!left) {
        y = nn_onnx_arithmetic(n, NN_ARITHMETIC_DIV_INT, a, power);
    } else {
        y = nn_onnx_binary(n, &nn_op_mul, a, power);
        if (bits == 0)
            nn_onnx_fail(n, NN_EUNSUPPORTED, "a shift to the left of numbers of unknown type");
        if (bits == 8 || bits == 16)
            y = nn_onnx_arithmetic(n, NN_ARITHMETIC_MOD, y, nn_onnx_scalar(n, (float)(1 << bits)));
    }
    y = nn_onnx_retype(n, y, true);
    nn_onnx_set_type(y, a->type);
    nn_onnx_output(n, 0, y);
}

static int64_t whole(nn_onnx_node *n, float v)
{
    if (!(v >= -16777216.0f && v <= 16777216.0f)) {
        nn_onnx_fail(n, NN_EUNSUPPORTED, "bits of %g, numbers up to 2^24 are supported", (double)v);
        return 0;
    }
    return (int64_t)v;
}

// Both as constants of the shape of the result.
static void build_bitwise(nn_onnx_node *n)
{
    static const nn_arithmetic logic[] = {NN_ARITHMETIC_AND, NN_ARITHMETIC_OR, NN_ARITHMETIC_XOR};
    const nn_onnx_value *a = n->in[0], *b = n->in[1];
    float *data;
    if (a->type == TYPE_BOOL && b->type == TYPE_BOOL) {
        const nn_onnx_value *y = nn_onnx_arithmetic(n, logic[n->arg], a, b);
        nn_onnx_output(n, 0, nn_onnx_typed(n, y, TYPE_BOOL));
        return;
    }
    if (!nn_onnx_needs_constant(n, 0, "a number of bits") ||
        !nn_onnx_needs_constant(n, 1, "a number of bits"))
        return;
    const int type = a->type;
    a = nn_onnx_expand(n, a, b->shape.dim, b->shape.rank);
    b = a ? nn_onnx_expand(n, b, a->shape.dim, a->shape.rank) : NULL;
    if (!b || nn_onnx_failed(n))
        return;
    const nn_onnx_value *y = nn_onnx_make(n, &a->shape, true, &data);
    for (int64_t i = 0; data && i < nn_shape_count(&a->shape); i++) {
        const int64_t p = whole(n, a->data[i]), q = whole(n, b->data[i]);
        data[i] = (float)(n->arg == AND ? p & q : n->arg == OR ? p | q : p ^ q);
    }
    nn_onnx_set_type(y, type);
    nn_onnx_output(n, 0, y);
}

// The largest number of an unsigned type less x; -1 - x of a signed one.
static void build_bitwise_not(nn_onnx_node *n)
{
    const nn_onnx_value *x = n->in[0], *y;
    const int bits = bits_of(x->type);
    if (x->type == 0 || bits > 16) {
        nn_onnx_fail(n, NN_EUNSUPPORTED, "numbers of type %d are not supported", x->type);
        return;
    }
    const float most = bits > 0 ? (float)((1 << bits) - 1) : -1;
    y = x->type == TYPE_BOOL ? nn_onnx_pointwise(n, NN_POINTWISE_NOT, x, 0, 0)
                             : nn_onnx_arithmetic(n, NN_ARITHMETIC_SUB, nn_onnx_scalar(n, most), x);
    nn_onnx_output(n, 0, nn_onnx_typed(n, y, x->type));
}

const nn_onnx_op nn_onnx_bits[] = {
    {"BitShift", 2, 2, 1, build_shift, 0},         {"BitwiseAnd", 2, 2, 1, build_bitwise, AND},
    {"BitwiseOr", 2, 2, 1, build_bitwise, OR},     {"BitwiseXor", 2, 2, 1, build_bitwise, XOR},
    {"BitwiseNot", 1, 1, 1, build_bitwise_not, 0}, {0},
};
