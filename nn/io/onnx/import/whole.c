// SPDX-License-Identifier: MIT
// Arithmetic modulo powers of two.
#include "nn/io/onnx/import/whole.h"

#include "nn/io/onnx/onnx_import_internal.h"
#include "onnx.pb-c.h"

#include <string.h>

enum {
    TYPE_UINT8 = 2,
    TYPE_INT8 = 3,
    TYPE_UINT16 = 4,
    TYPE_INT16 = 5,
    TYPE_BOOL = 9,
};

int nn_onnx_narrow_bits(int type)
{
    return type == TYPE_UINT8 || type == TYPE_INT8     ? 8
           : type == TYPE_UINT16 || type == TYPE_INT16 ? 16
                                                       : 0;
}

static bool has_sign(int type)
{
    return type == TYPE_INT8 || type == TYPE_INT16;
}

static bool fits(int from, int to)
{
    const int bits = nn_onnx_narrow_bits(from);
    return from == TYPE_BOOL || from == to ||
           (bits > 0 && bits < nn_onnx_narrow_bits(to) && (!has_sign(from) || has_sign(to)));
}

static const nn_onnx_value *modulo(nn_onnx_node *n, const nn_onnx_value *v, float by)
{
    return nn_onnx_arithmetic(n, NN_ARITHMETIC_MOD, v, nn_onnx_scalar(n, by));
}

const nn_onnx_value *nn_onnx_wrap(nn_onnx_node *n, const nn_onnx_value *v, int type)
{
    const int bits = nn_onnx_narrow_bits(type);
    if (nn_onnx_failed(n) || bits == 0 || (v->integer && fits(v->type, type)))
        return v;
    if (!has_sign(type))
        return modulo(n, v, (float)(1 << bits));
    const nn_onnx_value *half = nn_onnx_scalar(n, (float)(1 << (bits - 1)));
    v = modulo(n, nn_onnx_binary(n, &nn_op_add, v, half), (float)(1 << bits));
    return nn_onnx_arithmetic(n, NN_ARITHMETIC_SUB, v, half);
}

// Of 16 bits: a is 256 high + low, whose products are below 2^24, and of that of `high` only the
// lower 8 bits count.
const nn_onnx_value *nn_onnx_narrow_mul(nn_onnx_node *n, const nn_onnx_value *a,
                                        const nn_onnx_value *b, int type)
{
    const nn_onnx_value *y;
    if (nn_onnx_narrow_bits(type) == 16) {
        const nn_onnx_value *byte = nn_onnx_scalar(n, 256), *low = modulo(n, a, 256);
        const nn_onnx_value *high =
            nn_onnx_binary(n, &nn_op_mul, nn_onnx_arithmetic(n, NN_ARITHMETIC_SUB, a, low),
                           nn_onnx_scalar(n, 1.0f / 256));
        y = nn_onnx_binary(n, &nn_op_mul, modulo(n, nn_onnx_binary(n, &nn_op_mul, high, b), 256),
                           byte);
        y = nn_onnx_binary(n, &nn_op_add, y, nn_onnx_binary(n, &nn_op_mul, low, b));
    } else {
        y = nn_onnx_binary(n, &nn_op_mul, a, b);
    }
    return nn_onnx_typed(n, nn_onnx_wrap(n, nn_onnx_retype(n, y, false), type), type);
}

void nn_onnx_keep_type(const nn_onnx_node *n, const char *op)
{
    static const char *const kept[] = {
        "Concat", "DepthToSpace", "Expand",         "Flatten", "Gather",  "GatherElements",
        "Pad",    "Reshape",      "Slice",          "Split",   "Squeeze", "SpaceToDepth",
        "Tile",   "Transpose",    "Unsqueeze",      "Min",     "Max",     "Clip",
        "Div",    "Mod",          "ReverseSequence"};
    const nn_onnx_value *in = n->n_in > 0 ? n->in[0] : NULL;
    bool keeps = false;
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
        keeps = keeps || strcmp(kept[i], op) == 0;
    if (!keeps || !in || !in->integer || in->type == 0 || nn_onnx_failed(n))
        return;
    for (int i = 0; i < n->n_out; i++) {
        const nn_onnx_value *out =
            nn_onnx_wants(n, i) ? nn_onnx_import_find(n->import, n->proto->output[i]) : NULL;
        if (out && out->integer && out->type == 0)
            nn_onnx_set_type(out, in->type);
    }
}
