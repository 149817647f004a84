// SPDX-License-Identifier: MIT
// ONNX export: functions of two tensors with broadcasting.
#include "nn/io/onnx/onnx_writer.h"

enum { TYPE_FLOAT = 1, TYPE_BOOL = 9 };

static void emit_add(const nn_onnx_item *n)
{
    nn_onnx_put2(n, "Add", n->in[0].name, n->in[1].name, n->out->name);
}

static void emit_mul(const nn_onnx_item *n)
{
    nn_onnx_put2(n, "Mul", n->in[0].name, n->in[1].name, n->out->name);
}

// Functions whose result is a truth value, and functions of truth values.
static const struct {
    const char *op;
    bool result, operands;
} functions[NN_ARITHMETIC_COUNT] = {
    [NN_ARITHMETIC_SUB] = {"Sub", false, false},
    [NN_ARITHMETIC_DIV] = {"Div", false, false},
    [NN_ARITHMETIC_POW] = {"Pow", false, false},
    [NN_ARITHMETIC_MIN] = {"Min", false, false},
    [NN_ARITHMETIC_MAX] = {"Max", false, false},
    [NN_ARITHMETIC_GREATER] = {"Greater", true, false},
    [NN_ARITHMETIC_GREATER_EQUAL] = {"GreaterOrEqual", true, false},
    [NN_ARITHMETIC_LESS] = {"Less", true, false},
    [NN_ARITHMETIC_LESS_EQUAL] = {"LessOrEqual", true, false},
    [NN_ARITHMETIC_EQUAL] = {"Equal", true, false},
    [NN_ARITHMETIC_AND] = {"And", true, true},
    [NN_ARITHMETIC_OR] = {"Or", true, true},
    [NN_ARITHMETIC_XOR] = {"Xor", true, true},
};

// The quotient without its fraction: its sign times the floor of its absolute value.
static void emit_div_int(const nn_onnx_item *n)
{
    const char *y = nn_onnx_put2(n, "Div", n->in[0].name, n->in[1].name, NULL);
    const char *sign = nn_onnx_put1(n, "Sign", y, NULL);
    const char *size = nn_onnx_put1(n, "Floor", nn_onnx_put1(n, "Abs", y, NULL), NULL);
    nn_onnx_put2(n, "Mul", sign, size, n->out->name);
}

// a - b floor(a / b): Mod has only C's definition for floats.
static void emit_mod(const nn_onnx_item *n)
{
    const char *a = n->in[0].name, *b = n->in[1].name;
    const char *whole = nn_onnx_put1(n, "Floor", nn_onnx_put2(n, "Div", a, b, NULL), NULL);
    nn_onnx_put2(n, "Sub", a, nn_onnx_put2(n, "Mul", b, whole, NULL), n->out->name);
}

static void emit_fmod(const nn_onnx_item *n)
{
    nn_onnx_begin(n, "Mod");
    nn_onnx_add_input(n, n->in[0].name);
    nn_onnx_add_input(n, n->in[1].name);
    nn_onnx_add_int(n, "fmod", 1);
    nn_onnx_end(n, n->out->name);
}

// PRelu broadcasts its slopes only; otherwise max(a, 0) + b min(a, 0).
static void emit_prelu(const nn_onnx_item *n)
{
    const char *a = n->in[0].name, *b = n->in[1].name;
    if (nn_shape_equal(&n->in[0].shape, &n->out->shape)) {
        nn_onnx_put2(n, "PRelu", a, b, n->out->name);
        return;
    }
    const char *zero = nn_onnx_put_scalar(n, 0), *above = nn_onnx_put1(n, "Relu", a, NULL);
    const char *below = nn_onnx_put2(n, "Min", a, zero, NULL);
    nn_onnx_put2(n, "Add", above, nn_onnx_put2(n, "Mul", b, below, NULL), n->out->name);
}

static void emit_keep(const nn_onnx_item *n)
{
    const char *where = nn_onnx_put_cast(n, n->in[1].name, TYPE_BOOL, NULL);
    const char *zero = nn_onnx_put_scalar(n, 0);
    nn_onnx_begin(n, "Where");
    nn_onnx_add_input(n, where);
    nn_onnx_add_input(n, n->in[0].name);
    nn_onnx_add_input(n, zero);
    nn_onnx_end(n, n->out->name);
}

static void emit_arithmetic(const nn_onnx_item *n)
{
    const int kind = ((const nn_arithmetic_params *)n->params)->kind;
    const char *a = n->in[0].name, *b = n->in[1].name;
    if (kind == NN_ARITHMETIC_DIV_INT) {
        emit_div_int(n);
    } else if (kind == NN_ARITHMETIC_MOD) {
        emit_mod(n);
    } else if (kind == NN_ARITHMETIC_FMOD) {
        emit_fmod(n);
    } else if (kind == NN_ARITHMETIC_PRELU) {
        emit_prelu(n);
    } else if (kind == NN_ARITHMETIC_KEEP) {
        emit_keep(n);
    } else if (functions[kind].result) {
        if (functions[kind].operands) {
            a = nn_onnx_put_cast(n, a, TYPE_BOOL, NULL);
            b = nn_onnx_put_cast(n, b, TYPE_BOOL, NULL);
        }
        a = nn_onnx_put2(n, functions[kind].op, a, b, NULL);
        nn_onnx_put_cast(n, a, TYPE_FLOAT, n->out->name);
    } else {
        nn_onnx_put2(n, functions[kind].op, a, b, n->out->name);
    }
}

const nn_onnx_emitter nn_onnx_emit_arithmetic[] = {
    {&nn_op_add, emit_add},
    {&nn_op_mul, emit_mul},
    {&nn_op_arithmetic, emit_arithmetic},
    {0},
};
