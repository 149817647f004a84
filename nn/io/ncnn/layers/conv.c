// SPDX-License-Identifier: MIT
// Convolutions of all kinds, and linear layers.
#include "nn/io/ncnn/import.h"
#include "nn/io/ncnn/layers/kernel_fields.h"

enum { PLAIN, GROUPS }; // of rows: whether field 7 counts

typedef struct conv {
    nn_ncnn_kernel window;
    int64_t outputs, inputs, groups; // inputs of a group
    bool bias;
} conv;

// Reads the common fields; false when they are invalid.
static bool read_conv(nn_ncnn_node *n, conv *c)
{
    *c = (conv){.window = nn_ncnn_read_kernel(n),
                .outputs = nn_ncnn_int(n, 0, 0),
                .groups = n->arg == GROUPS ? nn_ncnn_int(n, 7, 1) : 1,
                .bias = nn_ncnn_int(n, 5, 0) != 0};
    const int64_t weights = nn_ncnn_int(n, 6, 0);
    if (nn_ncnn_int(n, 8, 0) != 0)
        nn_ncnn_fail(n, NN_EUNSUPPORTED,
                     "it is int8 (8=); models in float32 or float16 are supported");
    if (nn_ncnn_failed(n))
        return false;
    const int64_t kernel = (int64_t)c->window.kernel[0] * c->window.kernel[1];
    const bool sound = c->outputs > 0 && c->groups > 0 && c->outputs % c->groups == 0 &&
                       weights % (kernel * c->outputs) == 0 && weights > 0;
    c->inputs = sound ? weights / (kernel * c->outputs) : 0;
    if (!sound)
        nn_ncnn_fail(n, NN_EFORMAT,
                     "%lld weights for %lld outputs, %lld groups and a kernel of %d x %d",
                     (long long)weights, (long long)c->outputs, (long long)c->groups,
                     c->window.kernel[0], c->window.kernel[1]);
    return sound;
}

static nn_ncnn_value read_bias(nn_ncnn_node *n, const conv *c)
{
    const nn_shape shape = nn_shape_1d(c->outputs);
    return c->bias ? nn_ncnn_plain(n, "bias", NN_PARAM_BIAS, &shape) : nn_ncnn_none;
}

// A convolution of a vector is a linear layer.
static void build_vector(nn_ncnn_node *n, const conv *c)
{
    const nn_linear_params p = {0};
    const nn_shape shape = nn_shape_2d(c->outputs, c->inputs);
    if (c->window.kernel[0] != 1 || c->window.kernel[1] != 1 || c->groups != 1)
        nn_ncnn_fail(n, NN_EUNSUPPORTED,
                     "a convolution of a vector with a kernel or groups is not supported");
    nn_ncnn_value in[3] = {n->in[0]};
    in[1] = nn_ncnn_weight(n, "weight", NN_PARAM_WEIGHT, &shape);
    in[2] = read_bias(n, c);
    nn_ncnn_output(n, 0, nn_ncnn_activate(n, nn_ncnn_emit(n, NULL, &nn_op_linear, &p, in, 3)));
}

static void build_conv(nn_ncnn_node *n)
{
    conv c;
    if (nn_ncnn_int(n, 19, 0) != 0)
        nn_ncnn_fail(n, NN_EUNSUPPORTED, "weights from an input (19=) are not supported");
    if (!read_conv(n, &c))
        return;
    if (nn_ncnn_dims(&n->in[0]) == 1) {
        build_vector(n, &c);
        return;
    }
    const float value = nn_ncnn_float(n, 18, 0);
    nn_ncnn_value in[3] = {nn_ncnn_as_image(n, n->in[0])};
    if (value != 0)
        in[0] = nn_ncnn_pad_for_kernel(n, in[0], &c.window, value);
    nn_conv2d_params p = {.groups = (int32_t)c.groups};
    nn_ncnn_place_kernel(n, &in[0], &c.window, p.pad);
    for (int i = 0; i < 2; i++) {
        p.stride[i] = c.window.stride[i];
        p.dilation[i] = c.window.dilation[i];
    }
    const nn_shape shape = nn_shape_4d(c.outputs, c.inputs, c.window.kernel[0], c.window.kernel[1]);
    in[1] = nn_ncnn_weight(n, "weight", NN_PARAM_WEIGHT, &shape);
    in[2] = read_bias(n, &c);
    nn_ncnn_output(n, 0, nn_ncnn_activate(n, nn_ncnn_emit(n, NULL, &nn_op_conv2d, &p, in, 3)));
}

// Crops to the requested size ("same" padding of transposed convolutions).
static void same_cut(nn_ncnn_node *n, const conv *c, nn_conv_transpose_params *p)
{
    const int size[2] = {nn_ncnn_int(n, 21, nn_ncnn_int(n, 20, 0)), nn_ncnn_int(n, 20, 0)};
    for (int i = 0; i < 2; i++) {
        const int64_t whole = (nn_ncnn_dim(n, &n->in[0], 2 + i) - 1) * p->stride[i] +
                              p->dilation[i] * (c->window.kernel[i] - 1) + 1 + p->output_pad[i];
        const int64_t cut = whole - size[i], half = cut / 2;
        if (size[i] < 1 || cut < 0 || cut > INT32_MAX)
            nn_ncnn_fail(n, NN_EUNSUPPORTED, "a size of %d x %d out of %lld", size[1], size[0],
                         (long long)whole);
        p->pad[i] = (int32_t)(c->window.same == NN_NCNN_SAME_UPPER ? half : cut - half);
        p->pad[2 + i] = (int32_t)(cut - p->pad[i]);
    }
}

static void build_transpose(nn_ncnn_node *n)
{
    conv c;
    if (nn_ncnn_int(n, 28, 0) != 0)
        nn_ncnn_fail(n, NN_EUNSUPPORTED, "weights from an input (28=) are not supported");
    if (!read_conv(n, &c))
        return;
    nn_conv_transpose_params p = {.groups = (int32_t)c.groups};
    p.output_pad[1] = nn_ncnn_int(n, 18, 0);
    p.output_pad[0] = nn_ncnn_int(n, 19, p.output_pad[1]);
    bool padded = false;
    for (int i = 0; i < 4; i++) {
        p.stride[i % 2] = c.window.stride[i % 2];
        p.dilation[i % 2] = c.window.dilation[i % 2];
        p.pad[i] = c.window.pad[i];
        padded = padded || p.pad[i] > 0;
    }
    if (c.window.same)
        same_cut(n, &c, &p);
    else if (!padded && nn_ncnn_int(n, 20, 0) > 0)
        nn_ncnn_fail(n, NN_EUNSUPPORTED, "an output size without padding is not supported");
    const nn_shape shape = nn_shape_4d(c.inputs * c.groups, c.outputs / c.groups,
                                       c.window.kernel[0], c.window.kernel[1]);
    nn_ncnn_value in[3] = {n->in[0]};
    in[1] = nn_ncnn_swapped(n, "weight", &shape, (int)c.groups);
    in[2] = read_bias(n, &c);
    nn_ncnn_output(n, 0,
                   nn_ncnn_activate(n, nn_ncnn_emit(n, NULL, &nn_op_conv_transpose, &p, in, 3)));
}

static void build_linear(nn_ncnn_node *n)
{
    const nn_linear_params p = {0};
    const int64_t outputs = nn_ncnn_int(n, 0, 0), weights = nn_ncnn_int(n, 2, 0);
    nn_ncnn_value in[3] = {n->in[0], nn_ncnn_none, nn_ncnn_none};
    if (nn_ncnn_int(n, 8, 0) != 0)
        nn_ncnn_fail(n, NN_EUNSUPPORTED,
                     "it is int8 (8=); models in float32 or float16 are supported");
    if (outputs < 1 || weights < 1 || weights % outputs)
        nn_ncnn_fail(n, NN_EFORMAT, "%lld weights for %lld outputs", (long long)weights,
                     (long long)outputs);
    if (nn_ncnn_failed(n))
        return;
    const nn_shape shape = nn_shape_2d(outputs, weights / outputs);
    const nn_ncnn_value *x = &n->in[0];
    const bool rows = nn_ncnn_dims(x) == 2 && x->shape.dim[2] == shape.dim[1];
    if (!rows)
        in[0] = nn_ncnn_flatten(n, "flat", n->in[0]);
    in[1] = nn_ncnn_weight(n, "weight", NN_PARAM_WEIGHT, &shape);
    if (nn_ncnn_int(n, 1, 0) != 0) {
        const nn_shape bias = nn_shape_1d(outputs);
        in[2] = nn_ncnn_plain(n, "bias", NN_PARAM_BIAS, &bias);
    }
    nn_ncnn_output(n, 0, nn_ncnn_activate(n, nn_ncnn_emit(n, NULL, &nn_op_linear, &p, in, 3)));
}

const nn_ncnn_op nn_ncnn_conv[] = {
    {"Convolution", 1, 1, 1, build_conv, PLAIN},
    {"ConvolutionDepthWise", 1, 1, 1, build_conv, GROUPS},
    {"Deconvolution", 1, 1, 1, build_transpose, PLAIN},
    {"DeconvolutionDepthWise", 1, 1, 1, build_transpose, GROUPS},
    {"InnerProduct", 1, 1, 1, build_linear, 0},
    {0},
};
