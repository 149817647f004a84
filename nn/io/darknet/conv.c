// SPDX-License-Identifier: MIT
// Darknet's layers with weights, and their activations.
#include "nn/io/darknet/build.h"

#include <string.h>

enum { MAX_CHANNELS = 1 << 20, MAX_SIDE = 1 << 10 };
#define NORM_EPS 1e-5f // added to the variance

// --- activations ---

static const struct {
    const char *name;
    const nn_op *op; // NULL: pointwise
    nn_pointwise kind;
    float a, b;
} activations[] = {
    {"relu", &nn_op_relu, 0, 0, 0},
    {"logistic", &nn_op_sigmoid, 0, 0, 0},
    {"swish", &nn_op_silu, 0, 0, 0},
    {"mish", &nn_op_mish, 0, 0, 0},
    {"leaky", NULL, NN_POINTWISE_LEAKY_RELU, 0.1f, 0},
    {"relie", NULL, NN_POINTWISE_LEAKY_RELU, 0.01f, 0},
    {"relu6", NULL, NN_POINTWISE_CLIP, 0, 6},
    {"hardtan", NULL, NN_POINTWISE_CLIP, -1, 1},
    {"tanh", NULL, NN_POINTWISE_TANH, 0, 0},
    {"elu", NULL, NN_POINTWISE_ELU, 1, 0},
    {"selu", NULL, NN_POINTWISE_SELU, 1.6732f, 1.0507f},
    {"gelu", NULL, NN_POINTWISE_GELU_TANH, 0, 0},
};

nn_darknet_value nn_darknet_activate(nn_darknet *d, nn_darknet_value x, const char *otherwise)
{
    const char *name = nn_darknet_text(d, "activation", otherwise);
    if (strcmp(name, "linear") == 0)
        return x;
    for (size_t i = 0; i < sizeof activations / sizeof *activations; i++) {
        const nn_pointwise_params p = {(int32_t)activations[i].kind, activations[i].a,
                                       activations[i].b};
        if (strcmp(activations[i].name, name) != 0)
            continue;
        return activations[i].op ? nn_darknet_unary(d, "act", activations[i].op, x)
                                 : nn_darknet_emit(d, "act", &nn_op_pointwise, &p, &x, 1);
    }
    nn_darknet_fail(d, NN_EUNSUPPORTED, "activation=%.40s is not supported", name);
    return nn_darknet_none;
}

nn_darknet_value nn_darknet_activation(nn_darknet *d)
{
    return nn_darknet_activate(d, d->in, "linear");
}

// --- weights ---

// A batch norm of `channels`: scale, mean and variance follow the bias in the file.
static nn_darknet_value add_norm(nn_darknet *d, nn_darknet_value x, nn_darknet_value bias,
                                 const nn_darknet_value rest[3])
{
    const nn_batch_norm_params p = {.eps = NORM_EPS, .momentum = 0.1f};
    const nn_darknet_value in[] = {x, rest[0], bias, rest[1], rest[2]};
    return nn_darknet_emit(d, "norm", &nn_op_batch_norm, &p, in, 5);
}

static void read_norm(nn_darknet *d, int64_t channels, nn_darknet_value rest[3])
{
    const nn_shape shape = nn_shape_1d(channels);
    rest[0] = nn_darknet_weight(d, "norm.weight", NN_PARAM_BIAS, shape);
    rest[1] = nn_darknet_weight(d, "norm.running_mean", NN_PARAM_BUFFER, shape);
    rest[2] = nn_darknet_weight(d, "norm.running_var", NN_PARAM_BUFFER, shape);
}

static nn_conv2d_params read_window(nn_darknet *d, int size)
{
    const int stride = nn_darknet_int(d, "stride", 1, 1, MAX_SIDE);
    const int dilation = size == 1 ? 1 : nn_darknet_int(d, "dilation", 1, 1, MAX_SIDE);
    const bool same = nn_darknet_int(d, "pad", 0, 0, MAX_SIDE) != 0;
    const int padding = same ? size / 2 : nn_darknet_int(d, "padding", 0, 0, MAX_SIDE);
    const int pad = padding * dilation;
    if (dilation > 1 && 2 * padding != size - 1) // Darknet's size and data disagree
        nn_darknet_fail(d, NN_EUNSUPPORTED, "dilation without pad=1 is not supported");
    return (nn_conv2d_params){
        .stride = {nn_darknet_int(d, "stride_y", stride, 1, MAX_SIDE),
                   nn_darknet_int(d, "stride_x", stride, 1, MAX_SIDE)},
        .dilation = {dilation, dilation},
        .pad = {pad, pad, pad, pad},
        .groups = nn_darknet_int(d, "groups", 1, 1, MAX_CHANNELS),
    };
}

// Order in the file: bias, then scale, mean and variance of the batch norm if there is one, then
// weights.
nn_darknet_value nn_darknet_convolutional(nn_darknet *d)
{
    static const char *const unknown[] = {"binary",       "xnor",
                                          "bin_output",   "flipped",
                                          "antialiasing", "stretch",
                                          "sway",         "rotate",
                                          "dontload",     "dontloadscales",
                                          "cbn",          "stretch_sway",
                                          "coordconv",    "assisted_excitation"};
    if (!nn_darknet_is_image(d))
        return nn_darknet_none;
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++)
        nn_darknet_refuse(d, unknown[i], 0);
    if (nn_darknet_text(d, "share_index", NULL))
        nn_darknet_fail(d, NN_EUNSUPPORTED, "share_index is not supported");
    const int filters = nn_darknet_int(d, "filters", 1, 1, MAX_CHANNELS);
    const int size = nn_darknet_int(d, "size", 1, 1, MAX_SIDE);
    const bool norm = nn_darknet_int(d, "batch_normalize", 0, 0, 1) == 1;
    const nn_conv2d_params p = read_window(d, size);
    const int64_t channels = d->in.shape.dim[1];
    if (channels % p.groups || filters % p.groups)
        nn_darknet_fail(d, NN_EFORMAT, "%d groups of %lld channels and %d filters", p.groups,
                        (long long)channels, filters);
    nn_darknet_value rest[3];
    const nn_darknet_value bias =
        nn_darknet_weight(d, norm ? "norm.bias" : "bias", NN_PARAM_BIAS, nn_shape_1d(filters));
    if (norm)
        read_norm(d, filters, rest);
    const nn_darknet_value weight = nn_darknet_weight(
        d, "weight", NN_PARAM_WEIGHT, nn_shape_4d(filters, channels / p.groups, size, size));
    const nn_darknet_value in[] = {d->in, weight, bias};
    nn_darknet_value x = nn_darknet_emit(d, NULL, &nn_op_conv2d, &p, in, norm ? 2 : 3);
    if (norm)
        x = add_norm(d, x, bias, rest);
    return nn_darknet_activate(d, x, "logistic");
}

// Order in the file: bias, weights, then scale, mean and variance of the batch norm.
nn_darknet_value nn_darknet_connected(nn_darknet *d)
{
    const int outputs = nn_darknet_int(d, "output", 1, 1, MAX_CHANNELS);
    const bool norm = nn_darknet_int(d, "batch_normalize", 0, 0, 1) == 1;
    const nn_linear_params p = {NN_ACT_NONE};
    const nn_darknet_value flat = nn_darknet_flatten(d, d->in);
    if (nn_darknet_failed(d))
        return nn_darknet_none;
    nn_darknet_value rest[3];
    const nn_darknet_value bias =
        nn_darknet_weight(d, norm ? "norm.bias" : "bias", NN_PARAM_BIAS, nn_shape_1d(outputs));
    const nn_darknet_value weight =
        nn_darknet_weight(d, "weight", NN_PARAM_WEIGHT, nn_shape_2d(outputs, flat.shape.dim[1]));
    if (norm)
        read_norm(d, outputs, rest);
    const nn_darknet_value in[] = {flat, weight, bias};
    nn_darknet_value x = nn_darknet_emit(d, NULL, &nn_op_linear, &p, in, norm ? 2 : 3);
    if (norm)
        x = add_norm(d, x, bias, rest);
    return nn_darknet_activate(d, x, "logistic");
}

nn_darknet_value nn_darknet_batchnorm(nn_darknet *d)
{
    nn_darknet_value rest[3];
    if (!nn_darknet_is_image(d))
        return nn_darknet_none;
    const nn_darknet_value bias =
        nn_darknet_weight(d, "norm.bias", NN_PARAM_BIAS, nn_shape_1d(d->in.shape.dim[1]));
    read_norm(d, d->in.shape.dim[1], rest);
    return add_norm(d, d->in, bias, rest);
}
