// SPDX-License-Identifier: MIT
// ONNX export: activations and functions of one tensor.
#include "nn/io/onnx/onnx_writer.h"

#include <math.h>

enum { TYPE_FLOAT = 1, TYPE_BOOL = 9 };

#define ROW(word, WORD, ...)                                                                       \
    static void emit_##word(const nn_onnx_item *n)                                                 \
    {                                                                                              \
        nn_onnx_put_act(n, n->in[0].name, NN_ACT_##WORD, n->out->name);                            \
    }
NN_ACT_OPS(ROW)
#undef ROW

// Functions that ONNX has, with their one or two attributes.
static const struct {
    const char *op, *a, *b;
} functions[NN_POINTWISE_COUNT] = {
    [NN_POINTWISE_ABS] = {.op = "Abs"},
    [NN_POINTWISE_ACOS] = {.op = "Acos"},
    [NN_POINTWISE_ACOSH] = {.op = "Acosh"},
    [NN_POINTWISE_ASIN] = {.op = "Asin"},
    [NN_POINTWISE_ASINH] = {.op = "Asinh"},
    [NN_POINTWISE_ATAN] = {.op = "Atan"},
    [NN_POINTWISE_ATANH] = {.op = "Atanh"},
    [NN_POINTWISE_CEIL] = {.op = "Ceil"},
    [NN_POINTWISE_CELU] = {.op = "Celu", .a = "alpha"},
    [NN_POINTWISE_COS] = {.op = "Cos"},
    [NN_POINTWISE_COSH] = {.op = "Cosh"},
    [NN_POINTWISE_ELU] = {.op = "Elu", .a = "alpha"},
    [NN_POINTWISE_ERF] = {.op = "Erf"},
    [NN_POINTWISE_EXP] = {.op = "Exp"},
    [NN_POINTWISE_FLOOR] = {.op = "Floor"},
    [NN_POINTWISE_HARD_SIGMOID] = {.op = "HardSigmoid", .a = "alpha", .b = "beta"},
    [NN_POINTWISE_LEAKY_RELU] = {.op = "LeakyRelu", .a = "alpha"},
    [NN_POINTWISE_LOG] = {.op = "Log"},
    [NN_POINTWISE_NEG] = {.op = "Neg"},
    [NN_POINTWISE_RECIPROCAL] = {.op = "Reciprocal"},
    [NN_POINTWISE_ROUND] = {.op = "Round"},
    [NN_POINTWISE_SELU] = {.op = "Selu", .a = "alpha", .b = "gamma"},
    [NN_POINTWISE_SHRINK] = {.op = "Shrink", .a = "lambd", .b = "bias"},
    [NN_POINTWISE_SIGN] = {.op = "Sign"},
    [NN_POINTWISE_SIN] = {.op = "Sin"},
    [NN_POINTWISE_SINH] = {.op = "Sinh"},
    [NN_POINTWISE_SOFTPLUS] = {.op = "Softplus"},
    [NN_POINTWISE_SOFTSIGN] = {.op = "Softsign"},
    [NN_POINTWISE_SQRT] = {.op = "Sqrt"},
    [NN_POINTWISE_TAN] = {.op = "Tan"},
    [NN_POINTWISE_TANH] = {.op = "Tanh"},
    [NN_POINTWISE_THRESHOLD] = {.op = "ThresholdedRelu", .a = "alpha"},
};

static void emit_gelu_tanh(const nn_onnx_item *n)
{
    const char *x = n->in[0].name, *three = nn_onnx_put_scalar(n, 3);
    const char *cubic = nn_onnx_put_scalar(n, 0.044715f), *one = nn_onnx_put_scalar(n, 1);
    const char *root = nn_onnx_put_scalar(n, 0.7978845608f), *half = nn_onnx_put_scalar(n, 0.5f);
    const char *y = nn_onnx_put2(n, "Pow", x, three, NULL);
    y = nn_onnx_put2(n, "Add", x, nn_onnx_put2(n, "Mul", y, cubic, NULL), NULL);
    y = nn_onnx_put1(n, "Tanh", nn_onnx_put2(n, "Mul", y, root, NULL), NULL);
    y = nn_onnx_put2(n, "Mul", x, nn_onnx_put2(n, "Add", y, one, NULL), NULL);
    nn_onnx_put2(n, "Mul", y, half, n->out->name);
}

static void emit_is_inf(const nn_onnx_item *n, const nn_pointwise_params *p)
{
    nn_onnx_begin(n, "IsInf");
    nn_onnx_add_input(n, n->in[0].name);
    nn_onnx_add_int(n, "detect_positive", p->a > 0);
    nn_onnx_add_int(n, "detect_negative", p->b > 0);
    nn_onnx_put_cast(n, nn_onnx_end(n, NULL), TYPE_FLOAT, n->out->name);
}

// Its sign times the floor of its absolute value: a cast to integers would overflow.
static void emit_trunc(const nn_onnx_item *n)
{
    const char *x = n->in[0].name, *sign = nn_onnx_put1(n, "Sign", x, NULL);
    const char *size = nn_onnx_put1(n, "Floor", nn_onnx_put1(n, "Abs", x, NULL), NULL);
    nn_onnx_put2(n, "Mul", sign, size, n->out->name);
}

static void emit_function(const nn_onnx_item *n, const nn_pointwise_params *p)
{
    nn_onnx_begin(n, functions[p->kind].op);
    nn_onnx_add_input(n, n->in[0].name);
    if (functions[p->kind].a)
        nn_onnx_add_float(n, functions[p->kind].a, p->a);
    if (functions[p->kind].b)
        nn_onnx_add_float(n, functions[p->kind].b, p->b);
    nn_onnx_end(n, n->out->name);
}

static void emit_pointwise(const nn_onnx_item *n)
{
    const nn_pointwise_params *p = n->params;
    const char *x = n->in[0].name;
    switch (p->kind) {
    case NN_POINTWISE_CLIP:
        nn_onnx_put_clip(n, n->in[0].name, p->a, p->b, n->out->name);
        break;
    case NN_POINTWISE_GELU_TANH:
        emit_gelu_tanh(n);
        break;
    case NN_POINTWISE_HARD_SWISH:
        nn_onnx_put_act(n, n->in[0].name, NN_ACT_HARD_SWISH, n->out->name);
        break;
    case NN_POINTWISE_IS_INF:
        emit_is_inf(n, p);
        break;
    case NN_POINTWISE_IS_NAN:
        nn_onnx_put_cast(n, nn_onnx_put1(n, "IsNaN", x, NULL), TYPE_FLOAT, n->out->name);
        break;
    case NN_POINTWISE_NOT:
        x = nn_onnx_put_cast(n, x, TYPE_BOOL, NULL);
        nn_onnx_put_cast(n, nn_onnx_put1(n, "Not", x, NULL), TYPE_FLOAT, n->out->name);
        break;
    case NN_POINTWISE_TRUNC:
        emit_trunc(n);
        break;
    default:
        emit_function(n, p);
        break;
    }
}

#define ROW(word, ...) {&nn_op_##word, emit_##word},
const nn_onnx_emitter nn_onnx_emit_pointwise[] = {
    NN_ACT_OPS(ROW){&nn_op_pointwise, emit_pointwise},
    {0},
};
