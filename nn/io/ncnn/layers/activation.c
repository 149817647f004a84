// SPDX-License-Identifier: MIT
// Functions of one number, and the activations inside of convolutions.
#include "nn/io/ncnn/import.h"

#include <float.h>
#include <math.h>

// max(0, min(1, a x + b)) x; a = 1/6 and b = 1/2 is an operator of its own.
static nn_ncnn_value hard_swish(nn_ncnn_node *n, const char *gate, const char *suffix,
                                nn_ncnn_value x, float a, float b)
{
    if (fabsf(a - 1.0f / 6) < 1e-5f && b == 0.5f)
        return nn_ncnn_pointwise(n, suffix, NN_POINTWISE_HARD_SWISH, x, 0, 0);
    const nn_ncnn_value g = nn_ncnn_pointwise(n, gate, NN_POINTWISE_HARD_SIGMOID, x, a, b);
    return nn_ncnn_binary(n, suffix, &nn_op_mul, x, g);
}

static nn_ncnn_value relu(nn_ncnn_node *n, const char *suffix, nn_ncnn_value x, float slope)
{
    return slope == 0 ? nn_ncnn_unary(n, suffix, &nn_op_relu, x)
                      : nn_ncnn_pointwise(n, suffix, NN_POINTWISE_LEAKY_RELU, x, slope, 0);
}

nn_ncnn_value nn_ncnn_activate(nn_ncnn_node *n, nn_ncnn_value x)
{
    enum { NONE, RELU, LEAKY_RELU, CLIP, SIGMOID, MISH, HARD_SWISH };
    static const int wanted[] = {[LEAKY_RELU] = 1, [CLIP] = 2, [HARD_SWISH] = 2};
    const int kind = nn_ncnn_int(n, 9, 0);
    int count;
    const double *p = nn_ncnn_array(n, 10, &count);
    if (kind < 0 || kind > HARD_SWISH) {
        nn_ncnn_fail(n, NN_EUNSUPPORTED, "activation type %d is not supported", kind);
        return nn_ncnn_none;
    }
    if (count < wanted[kind]) {
        nn_ncnn_fail(n, NN_EFORMAT, "activation type %d does not take %d parameters", kind, count);
        return nn_ncnn_none;
    }
    switch (kind) {
    case RELU:
        return relu(n, "act", x, 0);
    case LEAKY_RELU:
        return relu(n, "act", x, (float)p[0]);
    case CLIP:
        return nn_ncnn_pointwise(n, "act", NN_POINTWISE_CLIP, x, (float)p[0], (float)p[1]);
    case SIGMOID:
        return nn_ncnn_unary(n, "act", &nn_op_sigmoid, x);
    case MISH:
        return nn_ncnn_unary(n, "act", &nn_op_mish, x);
    case HARD_SWISH:
        return hard_swish(n, "gate", "act", x, (float)p[0], (float)p[1]);
    default:
        return x;
    }
}

static void build_relu(nn_ncnn_node *n)
{
    nn_ncnn_output(n, 0, relu(n, NULL, n->in[0], nn_ncnn_float(n, 0, 0)));
}

enum { SWISH, MISH, SIGMOID };

static void build_unary(nn_ncnn_node *n)
{
    static const nn_op *const ops[] = {
        [SWISH] = &nn_op_silu, [MISH] = &nn_op_mish, [SIGMOID] = &nn_op_sigmoid};
    nn_ncnn_output(n, 0, nn_ncnn_unary(n, NULL, ops[n->arg], n->in[0]));
}

static void build_pointwise(nn_ncnn_node *n)
{
    nn_ncnn_output(n, 0, nn_ncnn_pointwise(n, NULL, (nn_pointwise)n->arg, n->in[0], 0, 0));
}

// An operator with up to two fields and their defaults.
static void build_with(nn_ncnn_node *n, float a, float b)
{
    nn_ncnn_output(n, 0,
                   nn_ncnn_pointwise(n, NULL, (nn_pointwise)n->arg, n->in[0],
                                     nn_ncnn_float(n, 0, a), nn_ncnn_float(n, 1, b)));
}

static void build_clip(nn_ncnn_node *n)
{
    build_with(n, -FLT_MAX, FLT_MAX);
}

static void build_hard_sigmoid(nn_ncnn_node *n)
{
    build_with(n, 0.2f, 0.5f);
}

static void build_elu(nn_ncnn_node *n)
{
    build_with(n, 0.1f, 0);
}

static void build_celu(nn_ncnn_node *n)
{
    build_with(n, 1, 0);
}

static void build_selu(nn_ncnn_node *n)
{
    build_with(n, 1.67326324f, 1.050700987f);
}

static void build_hard_swish(nn_ncnn_node *n)
{
    nn_ncnn_output(n, 0,
                   hard_swish(n, "gate", NULL, n->in[0], nn_ncnn_float(n, 0, 0.2f),
                              nn_ncnn_float(n, 1, 0.5f)));
}

static void build_gelu(nn_ncnn_node *n)
{
    nn_ncnn_output(n, 0,
                   nn_ncnn_int(n, 0, 0)
                       ? nn_ncnn_pointwise(n, NULL, NN_POINTWISE_GELU_TANH, n->in[0], 0, 0)
                       : nn_ncnn_unary(n, NULL, &nn_op_gelu, n->in[0]));
}

// 0 or 1.
static void build_threshold(nn_ncnn_node *n)
{
    nn_ncnn_output(n, 0,
                   nn_ncnn_arithmetic(n, NULL, NN_ARITHMETIC_GREATER, n->in[0],
                                      nn_ncnn_scalar(n, "threshold", nn_ncnn_float(n, 0, 0))));
}

const nn_ncnn_op nn_ncnn_activation[] = {
    {"AbsVal", 1, 1, 1, build_pointwise, NN_POINTWISE_ABS},
    {"CELU", 1, 1, 1, build_celu, NN_POINTWISE_CELU},
    {"Clip", 1, 1, 1, build_clip, NN_POINTWISE_CLIP},
    {"ELU", 1, 1, 1, build_elu, NN_POINTWISE_ELU},
    {"Erf", 1, 1, 1, build_pointwise, NN_POINTWISE_ERF},
    {"GELU", 1, 1, 1, build_gelu, 0},
    {"HardSigmoid", 1, 1, 1, build_hard_sigmoid, NN_POINTWISE_HARD_SIGMOID},
    {"HardSwish", 1, 1, 1, build_hard_swish, 0},
    {"Mish", 1, 1, 1, build_unary, MISH},
    {"ReLU", 1, 1, 1, build_relu, 0},
    {"SELU", 1, 1, 1, build_selu, NN_POINTWISE_SELU},
    {"Sigmoid", 1, 1, 1, build_unary, SIGMOID},
    {"Softplus", 1, 1, 1, build_pointwise, NN_POINTWISE_SOFTPLUS},
    {"Swish", 1, 1, 1, build_unary, SWISH},
    {"TanH", 1, 1, 1, build_pointwise, NN_POINTWISE_TANH},
    {"Threshold", 1, 1, 1, build_threshold, 0},
    {0},
};
