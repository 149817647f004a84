// SPDX-License-Identifier: MIT
// ONNX: functions of one tensor, element by element.
#include "nn/io/onnx/onnx_import.h"

#include <math.h>
#include <string.h>

#include "onnx.pb-c.h"

static void build_plain(nn_onnx_node *n)
{
    nn_onnx_output(n, 0, nn_onnx_pointwise(n, (nn_pointwise)n->arg, n->in[0], 0, 0));
}

// Functions of integers with integer results.
static void build_whole(nn_onnx_node *n)
{
    const nn_onnx_value *y = nn_onnx_pointwise(n, (nn_pointwise)n->arg, n->in[0], 0, 0);
    nn_onnx_output(n, 0, nn_onnx_retype(n, y, n->in[0]->integer));
}

static void build_logic(nn_onnx_node *n)
{
    float positive = nn_onnx_int(n, "detect_positive", 1) != 0;
    float negative = nn_onnx_int(n, "detect_negative", 1) != 0;
    const nn_onnx_value *y =
        nn_onnx_pointwise(n, (nn_pointwise)n->arg, n->in[0], positive, negative);
    nn_onnx_output(n, 0, nn_onnx_retype(n, y, true));
}

static void build_activation(nn_onnx_node *n)
{
    for (int act = 0; act < NN_ACT_COUNT; act++) {
        const nn_act_node *a = nn_act_node_of((nn_act)act);
        if (a->onnx && !strcmp(a->onnx, n->proto->op_type))
            nn_onnx_output(n, 0, nn_onnx_unary(n, a->op, n->in[0]));
    }
}

static void build_gelu(nn_onnx_node *n)
{
    const nn_onnx_value *y = nn_onnx_is(n, "approximate", "tanh", false)
                                 ? nn_onnx_pointwise(n, NN_POINTWISE_GELU_TANH, n->in[0], 0, 0)
                                 : nn_onnx_unary(n, &nn_op_gelu, n->in[0]);
    nn_onnx_output(n, 0, y);
}

// x sigmoid(alpha x)
static void build_swish(nn_onnx_node *n)
{
    const nn_onnx_value *x = n->in[0], *y = x;
    const float alpha = nn_onnx_float(n, "alpha", 1);
    if (alpha == 1) {
        nn_onnx_output(n, 0, nn_onnx_unary(n, &nn_op_silu, x));
        return;
    }
    y = nn_onnx_unary(n, &nn_op_sigmoid,
                      nn_onnx_binary(n, &nn_op_mul, x, nn_onnx_scalar(n, alpha)));
    nn_onnx_output(n, 0, nn_onnx_binary(n, &nn_op_mul, x, y));
}

// Functions with one or two attributes; the defaults are ONNX's.
static const struct {
    nn_pointwise kind;
    const char *a, *b;
    float default_a, default_b;
} settings[] = {
    {NN_POINTWISE_LEAKY_RELU, "alpha", "", 0.01f, 0},
    {NN_POINTWISE_ELU, "alpha", "", 1, 0},
    {NN_POINTWISE_CELU, "alpha", "", 1, 0},
    {NN_POINTWISE_SELU, "alpha", "gamma", 1.67326319217681884765625f, 1.05070102214813232421875f},
    {NN_POINTWISE_HARD_SIGMOID, "alpha", "beta", 0.2f, 0.5f},
    {NN_POINTWISE_THRESHOLD, "alpha", "", 1, 0},
    {NN_POINTWISE_SHRINK, "lambd", "bias", 0.5f, 0},
};

static void build_with_settings(nn_onnx_node *n)
{
    float a = nn_onnx_float(n, settings[n->arg].a, settings[n->arg].default_a);
    float b = nn_onnx_float(n, settings[n->arg].b, settings[n->arg].default_b);
    const nn_onnx_value *y = nn_onnx_pointwise(n, settings[n->arg].kind, n->in[0], a, b);
    nn_onnx_output(n, 0, nn_onnx_retype(n, y, n->in[0]->integer));
}

// The limits are inputs since opset 11.
static void build_clip(nn_onnx_node *n)
{
    float low = nn_onnx_const_float(n, 1, nn_onnx_float(n, "min", -INFINITY));
    float high = nn_onnx_const_float(n, 2, nn_onnx_float(n, "max", INFINITY));
    const nn_onnx_value *y = nn_onnx_pointwise(n, NN_POINTWISE_CLIP, n->in[0], low, high);
    nn_onnx_output(n, 0, nn_onnx_retype(n, y, n->in[0]->integer));
}

static void build_clip_any(nn_onnx_node *n)
{
    const nn_onnx_value *y = n->in[0], *low = n->n_in > 1 ? n->in[1] : NULL,
                        *high = n->n_in > 2 ? n->in[2] : NULL;
    if ((!low || low->data) && (!high || high->data)) {
        build_clip(n);
        return;
    }
    if (low)
        y = nn_onnx_arithmetic(n, NN_ARITHMETIC_MAX, y, low);
    if (high)
        y = nn_onnx_arithmetic(n, NN_ARITHMETIC_MIN, y, high);
    nn_onnx_output(n, 0, nn_onnx_retype(n, y, n->in[0]->integer));
}

#define PLAIN(name, KIND)                                                                          \
    {                                                                                              \
        name, 1, 1, 1, build_plain, NN_POINTWISE_##KIND                                            \
    }
#define WHOLE(name, KIND)                                                                          \
    {                                                                                              \
        name, 1, 1, 1, build_whole, NN_POINTWISE_##KIND                                            \
    }

#define ONNX(name) {#name, 1, 1, 1, build_activation, 0},
#define NO_ONNX
#define ROW(word, WORD, f, gradient, in_registers, onnx) onnx
const nn_onnx_op nn_onnx_pointwise_ops[] = {
    WHOLE("Abs", ABS),
    PLAIN("Acos", ACOS),
    PLAIN("Acosh", ACOSH),
    PLAIN("Asin", ASIN),
    PLAIN("Asinh", ASINH),
    PLAIN("Atan", ATAN),
    PLAIN("Atanh", ATANH),
    PLAIN("Ceil", CEIL),
    PLAIN("Cos", COS),
    PLAIN("Cosh", COSH),
    PLAIN("Erf", ERF),
    PLAIN("Exp", EXP),
    PLAIN("Floor", FLOOR),
    PLAIN("HardSwish", HARD_SWISH),
    PLAIN("Log", LOG),
    WHOLE("Neg", NEG),
    PLAIN("Reciprocal", RECIPROCAL),
    PLAIN("Round", ROUND),
    WHOLE("Sign", SIGN),
    PLAIN("Sin", SIN),
    PLAIN("Sinh", SINH),
    PLAIN("Softplus", SOFTPLUS),
    PLAIN("Softsign", SOFTSIGN),
    PLAIN("Sqrt", SQRT),
    PLAIN("Tan", TAN),
    PLAIN("Tanh", TANH),
    {"Not", 1, 1, 1, build_logic, NN_POINTWISE_NOT},
    {"IsNaN", 1, 1, 1, build_logic, NN_POINTWISE_IS_NAN},
    {"IsInf", 1, 1, 1, build_logic, NN_POINTWISE_IS_INF},
    NN_ACT_OPS(ROW){"Gelu", 1, 1, 1, build_gelu, 0},
    {"LeakyRelu", 1, 1, 1, build_with_settings, 0},
    {"Elu", 1, 1, 1, build_with_settings, 1},
    {"Celu", 1, 1, 1, build_with_settings, 2},
    {"Selu", 1, 1, 1, build_with_settings, 3},
    {"HardSigmoid", 1, 1, 1, build_with_settings, 4},
    {"ThresholdedRelu", 1, 1, 1, build_with_settings, 5},
    {"Shrink", 1, 1, 1, build_with_settings, 6},
    {"Swish", 1, 1, 1, build_swish, 0},
    {"Clip", 1, 3, 1, build_clip_any, 0},
    {0},
};
