// SPDX-License-Identifier: MIT
// Networks that enlarge the luma of a picture: all layers see the small picture, and the last one
// makes the pixels of each square as channels (Shi 2016).
#include "nn/zoo/layers.h"
#include "nn/zoo/zoo.h"

#include <math.h>

static nn_value add_conv(nn_graph *g, const char *prefix, nn_value x, int in, int out, int kernel)
{
    const nn_conv_spec spec = {
        .in = in, .out = out, .kernel = kernel, .stride = 1, .pad = kernel / 2, .bias = 1};
    return nn_layer_conv(g, prefix, x, &spec);
}

// The last convolution, and pixels from its channels. What it makes is added to `base` (one
// channel, or NN_NO_VALUE): a picture enlarged by repeating pixels, so that only the difference is
// learnt (Du 2021, Anchor-based plain net, section 3.2).
static void add_pixels(nn_graph *g, nn_value x, nn_value base, int in, int factor)
{
    x = add_conv(g, "tail", x, in, factor * factor, 3);
    if (base >= 0)
        x = nn_layer_add(g, "add", x, base);
    nn_graph_output(g, "output", nn_layer_pixel_shuffle(g, "shuffle", x, factor));
}

static nn_value add_tanh(nn_graph *g, const char *name, nn_value x)
{
    return nn_graph_node(g, &nn_op_pointwise, name, &(nn_pointwise_params){NN_POINTWISE_TANH, 0, 0},
                         &x, 1);
}

static void build_espcn(nn_graph *g, nn_value luma, const nn_zoo_net *net, const nn_zoo_options *o)
{
    (void)net;
    nn_value x = add_tanh(g, "act1", add_conv(g, "conv1", luma, 1, 64, 5));
    x = add_tanh(g, "act2", add_conv(g, "conv2", x, 64, 32, 3));
    add_pixels(g, x, NN_NO_VALUE, 32, o->factor);
}

static int scaled(float multiplier, int base, int multiple)
{
    const int n = (int)lroundf(multiplier * (float)base / (float)multiple) * multiple;
    return n < multiple ? multiple : n;
}

static void build_edsr(nn_graph *g, nn_value luma, const nn_zoo_net *net, const nn_zoo_options *o)
{
    (void)net;
    const int width = scaled(o->alpha, 32, 8), blocks = scaled(o->beta, 4, 1);
    const nn_value head = add_conv(g, "head", luma, 1, width, 3);
    nn_value x = head;
    for (int i = 0; i < blocks; i++) {
        nn_value y = add_conv(g, NAME("body.%d.conv1", i), x, width, width, 3);
        y = nn_layer_act(g, NAME("body.%d.act", i), y, NN_ACT_RELU);
        y = add_conv(g, NAME("body.%d.conv2", i), y, width, width, 3);
        y = nn_layer_stochastic_depth(g, NAME("body.%d", i), y, o->stochastic_depth, i, blocks);
        x = nn_layer_add(g, NAME("body.%d.add", i), y, x);
    }
    x = nn_layer_add(g, "body.add", add_conv(g, "body.conv", x, width, width, 3), head);
    add_pixels(g, x, luma, width, o->factor);
}

// A plain chain, which is what a processor runs fastest: no sum but the last one leaves the cache.
static void build_zoom(nn_graph *g, nn_value luma, const nn_zoo_net *net, const nn_zoo_options *o)
{
    (void)net;
    const int width = scaled(o->alpha, 32, 8), layers = scaled(o->beta, 3, 1);
    nn_value x = luma;
    for (int i = 0; i <= layers; i++) {
        x = add_conv(g, NAME("conv%d", i), x, i ? width : 1, width, 3);
        x = nn_layer_act(g, NAME("act%d", i), x, NN_ACT_RELU);
    }
    add_pixels(g, x, luma, width, o->factor);
}

// A first picture near `base`, not noise.
static void calm_tail(nn_model *m)
{
    const nn_tensor *tail = nn_model_param(m, "tail.weight");
    for (int64_t i = 0; tail && i < nn_shape_count(&tail->shape); i++)
        nn_tensor_f32(tail)[i] *= 0.1f;
}

#define UPSCALE .input_h = 64, .input_w = 64, .std = {1, 1, 1}

const nn_zoo_net nn_zoo_espcn = {
    .name = "espcn",
    .summary = "enlarges pictures: three layers and a pixel shuffle (Shi 2016)",
    .option_names = "factor",
    .defaults = {.factor = 2},
    UPSCALE,
    .upscale = build_espcn,
};

const nn_zoo_net nn_zoo_edsr_small = {
    .name = "edsr_small",
    .summary = "enlarges pictures: residual blocks without norms (Lim 2017), fewer and on luma",
    .option_names = "alpha,beta,stochastic_depth,factor",
    .defaults = {.factor = 2, .alpha = 1, .beta = 1},
    UPSCALE,
    .upscale = build_edsr,
    .init = calm_tail,
};

const nn_zoo_net nn_zoo_neroscale_zoom = {
    .name = "neroscale_zoom",
    .summary = "enlarges pictures and videos: a plain chain of 3x3 layers that adds to the picture",
    .option_names = "alpha,beta,factor",
    .defaults = {.factor = 2, .alpha = 1, .beta = 1},
    UPSCALE,
    .upscale = build_zoom,
    .init = calm_tail,
};
