// SPDX-License-Identifier: MIT
// Layers with one value for each channel: batch norm, scale, bias, PReLU; other normalisations,
// softmax.
#include "nn/io/ncnn/layers/kernel_fields.h"

// The shape of one value for each position along the outermost axis of a blob, for broadcasting.
static nn_shape along_channels(const nn_ncnn_value *x, int64_t count)
{
    nn_shape s = {.rank = x->shape.rank - 1, .dim = {count, 1, 1, 1, 1}};
    if (s.rank < 1)
        s.rank = 1;
    return s;
}

static void build_batch_norm(nn_ncnn_node *n)
{
    static const struct {
        const char *suffix;
        nn_param_kind kind;
        int input;
    } order[] = {{"weight", NN_PARAM_BIAS, 1},
                 {"running_mean", NN_PARAM_BUFFER, 3},
                 {"running_var", NN_PARAM_BUFFER, 4},
                 {"bias", NN_PARAM_BIAS, 2}};
    const nn_shape shape = nn_shape_1d(nn_ncnn_int(n, 0, 0));
    nn_batch_norm_params p = {.eps = nn_ncnn_float(n, 1, 0), .momentum = 0.1f};
    if (p.eps == 0)
        p.eps = 1e-8f; // ncnn uses 0.0001 for a deviation of 0
    nn_ncnn_value in[5] = {n->in[0]};
    for (int i = 0; i < 4; i++)
        in[order[i].input] = nn_ncnn_plain(n, order[i].suffix, order[i].kind, &shape);
    nn_ncnn_output(n, 0, nn_ncnn_emit(n, NULL, &nn_op_batch_norm, &p, in, 5));
}

// Reshapes the second blob, one value a channel, to broadcast with the first.
static nn_ncnn_value shape_scale(nn_ncnn_node *n)
{
    const nn_ncnn_value s = n->in[1];
    const int64_t from[] = {0, 1, -1, -1, -1};
    if (nn_ncnn_dims(&s) == 1 && nn_ncnn_dims(&n->in[0]) <= 4)
        return nn_ncnn_reshape(n, "scale", s, n->in[0].shape.rank, from);
    nn_ncnn_fail(n, NN_EUNSUPPORTED, "a scale with %d axes is not supported", nn_ncnn_dims(&s));
    return nn_ncnn_none;
}

static void build_scale(nn_ncnn_node *n)
{
    enum { FROM_INPUT = -233 };
    const int count = nn_ncnn_int(n, 0, 0);
    const bool bias = nn_ncnn_int(n, 1, 0) != 0;
    if ((count == FROM_INPUT) != (n->n_in == 2) || (count == FROM_INPUT && bias)) {
        nn_ncnn_fail(n, NN_EUNSUPPORTED, "%d inputs for a scale of %d%s", n->n_in, count,
                     bias ? " with a bias" : "");
        return;
    }
    const nn_shape shape = along_channels(&n->in[0], count);
    const nn_ncnn_value scale =
        n->n_in == 2 ? shape_scale(n) : nn_ncnn_plain(n, "weight", NN_PARAM_BIAS, &shape);
    nn_ncnn_value y = nn_ncnn_binary(n, bias ? "mul" : NULL, &nn_op_mul, n->in[0], scale);
    if (bias)
        y = nn_ncnn_binary(n, NULL, &nn_op_add, y, nn_ncnn_plain(n, "bias", NN_PARAM_BIAS, &shape));
    nn_ncnn_output(n, 0, y);
}

static void build_bias(nn_ncnn_node *n)
{
    const nn_shape shape = along_channels(&n->in[0], nn_ncnn_int(n, 0, 0));
    nn_ncnn_output(n, 0,
                   nn_ncnn_binary(n, NULL, &nn_op_add, n->in[0],
                                  nn_ncnn_plain(n, "bias", NN_PARAM_BIAS, &shape)));
}

static void build_prelu(nn_ncnn_node *n)
{
    const int count = nn_ncnn_int(n, 0, 0);
    const nn_shape shape = count == 1 ? nn_shape_1d(1) : along_channels(&n->in[0], count);
    nn_ncnn_output(n, 0,
                   nn_ncnn_arithmetic(n, NULL, NN_ARITHMETIC_PRELU, n->in[0],
                                      nn_ncnn_plain(n, "weight", NN_PARAM_BIAS, &shape)));
}

// 1 / length of x over some axes, with ncnn's three ways to avoid 1 / 0.
static nn_ncnn_value inverse_length(nn_ncnn_node *n, nn_ncnn_value x, unsigned axes)
{
    enum { ADD, MAX_LENGTH, MAX_SQUARE }; // field 9
    const int mode = nn_ncnn_int(n, 9, 0);
    const nn_ncnn_value eps = nn_ncnn_scalar(n, "eps", nn_ncnn_float(n, 2, 1e-4f));
    nn_ncnn_value s = nn_ncnn_binary(n, "square", &nn_op_mul, x, x);
    s = nn_ncnn_reduce(n, "sum", NN_REDUCE_SUM, s, axes, true);
    if (mode == ADD)
        s = nn_ncnn_binary(n, "above0", &nn_op_add, s, eps);
    else if (mode == MAX_SQUARE)
        s = nn_ncnn_arithmetic(n, "above0", NN_ARITHMETIC_MAX, s, eps);
    else if (mode != MAX_LENGTH)
        nn_ncnn_fail(n, NN_EUNSUPPORTED, "normalisation %d is not supported", mode);
    s = nn_ncnn_pointwise(n, "length", NN_POINTWISE_SQRT, s, 0, 0);
    if (mode == MAX_LENGTH)
        s = nn_ncnn_arithmetic(n, "above0", NN_ARITHMETIC_MAX, s, eps);
    return nn_ncnn_pointwise(n, "inverse", NN_POINTWISE_RECIPROCAL, s, 0, 0);
}

static void build_normalize(nn_ncnn_node *n)
{
    const nn_ncnn_value x = n->in[0];
    const bool spatial = nn_ncnn_int(n, 0, 0) != 0, channels = nn_ncnn_int(n, 4, 1) != 0;
    const unsigned axes = (channels ? 1u << 1 : 0) | (spatial ? 1u << 2 | 1u << 3 : 0);
    const int count = nn_ncnn_int(n, 1, 0) != 0 ? 1 : nn_ncnn_int(n, 3, 0);
    if (nn_ncnn_dims(&x) != 3 || axes == 0 || nn_ncnn_int(n, 3, 0) != count) {
        nn_ncnn_fail(n, NN_EUNSUPPORTED, "%d axes, %d scales", nn_ncnn_dims(&x),
                     nn_ncnn_int(n, 3, 0));
        return;
    }
    const nn_shape shape = along_channels(&x, count);
    const nn_ncnn_value scale = nn_ncnn_plain(n, "weight", NN_PARAM_BIAS, &shape);
    const nn_ncnn_value y = nn_ncnn_binary(n, "unit", &nn_op_mul, x, inverse_length(n, x, axes));
    nn_ncnn_output(n, 0, nn_ncnn_binary(n, NULL, &nn_op_mul, y, scale));
}

// x (bias + alpha mean(x^2 in a window))^-beta: Krizhevsky 2012 within channels.
static void build_window_lrn(nn_ncnn_node *n, int size, float alpha, float beta, float bias)
{
    const nn_ncnn_value x = n->in[0];
    const int before = size / 2, behind = size - before - 1;
    const nn_pool2d_params p = {.kernel = {size, size},
                                .stride = {1, 1},
                                .pad = {before, before, behind, behind},
                                .count_include_pad = 1};
    nn_ncnn_value s = nn_ncnn_binary(n, "square", &nn_op_mul, x, x);
    s = nn_ncnn_emit(n, "mean", &nn_op_avg_pool, &p, &s, 1);
    s = nn_ncnn_binary(n, "scaled", &nn_op_mul, s, nn_ncnn_scalar(n, "alpha", alpha));
    s = nn_ncnn_binary(n, "above0", &nn_op_add, s, nn_ncnn_scalar(n, "offset", bias));
    s = nn_ncnn_arithmetic(n, "power", NN_ARITHMETIC_POW, s, nn_ncnn_scalar(n, "beta", -beta));
    nn_ncnn_output(n, 0, nn_ncnn_binary(n, NULL, &nn_op_mul, x, s));
}

static void build_lrn(nn_ncnn_node *n)
{
    enum { ACROSS, WITHIN };
    const int region = nn_ncnn_int(n, 0, ACROSS), size = nn_ncnn_int(n, 1, 5);
    const float alpha = nn_ncnn_float(n, 2, 1), beta = nn_ncnn_float(n, 3, 0.75f);
    const float bias = nn_ncnn_float(n, 4, 1);
    if (nn_ncnn_dims(&n->in[0]) != 3 || size < 1 || size > 1024 || region < ACROSS ||
        region > WITHIN || (region == ACROSS && size % 2 == 0)) {
        nn_ncnn_fail(n, NN_EUNSUPPORTED, "a region of kind %d and size %d is not supported", region,
                     size);
        return;
    }
    const nn_lrn_params p = {size, alpha, beta, bias};
    if (region == WITHIN)
        build_window_lrn(n, size, alpha, beta, bias);
    else
        nn_ncnn_output(n, 0, nn_ncnn_emit(n, NULL, &nn_op_local_response_norm, &p, &n->in[0], 1));
}

static void build_softmax(nn_ncnn_node *n)
{
    const int axis = nn_ncnn_int(n, 0, 0);
    if (axis != 0 && nn_ncnn_int(n, 1, 0) == 0)
        nn_ncnn_fail(n, NN_EUNSUPPORTED,
                     "the file is of an old ncnn whose axes were wrong: convert it again");
    const nn_softmax_params p = {.axis = nn_ncnn_axis(n, &n->in[0], axis)};
    nn_ncnn_output(n, 0, nn_ncnn_emit(n, NULL, &nn_op_softmax, &p, &n->in[0], 1));
}

const nn_ncnn_op nn_ncnn_norm[] = {
    {"BatchNorm", 1, 1, 1, build_batch_norm, 0},
    {"Bias", 1, 1, 1, build_bias, 0},
    {"LRN", 1, 1, 1, build_lrn, 0},
    {"Normalize", 1, 1, 1, build_normalize, 0},
    {"PReLU", 1, 1, 1, build_prelu, 0},
    {"Scale", 1, 2, 1, build_scale, 0},
    {"Softmax", 1, 1, 1, build_softmax, 0},
    {0},
};
