// SPDX-License-Identifier: MIT
// NeroScale AlexNet++: AlexNet with batch norm, a dilated 3x3, and Mish, SiLU, ReLU by depth.
#include "nn/zoo/taps.h"

#define BN_EPS 1e-5f

// For heads everything is padded, so that the maps have exactly 1/4, 1/8, 1/16 and 1/32.
static nn_value add_features(nn_graph *g, nn_value x, nn_zoo_features *f)
{
    const bool exact = f->stride > 0;
    const int pad = exact ? nn_zoo_exact_pad(11, 4) : 2, pool = exact ? nn_zoo_exact_pad(3, 2) : 0;
    static const nn_conv_spec late[] = {
        {.in = 256, .out = 384, .kernel = 3, .stride = 1, .pad = 2, .dilation = 2, .bias = 1},
        {.in = 384, .out = 384, .kernel = 3, .stride = 1, .pad = 1, .bias = 1},
        {.in = 384, .out = 256, .kernel = 3, .stride = 1, .pad = 1, .bias = 1},
    };
    x = nn_layer_conv(
        g, "conv1", x,
        &(nn_conv_spec){.in = 3, .out = 96, .kernel = 11, .stride = 4, .pad = pad, .bias = 1});
    x = nn_layer_batch_norm(g, "bn1", x, 96, BN_EPS);
    x = nn_layer_act(g, "mish1", x, NN_ACT_MISH);
    nn_zoo_tap(f, 4, x, 96);
    x = nn_layer_max_pool(g, "pool1", x, 3, 2, pool, 0);
    const nn_conv_spec grouped = {
        .in = 96, .out = 256, .kernel = 5, .stride = 1, .pad = 2, .groups = 2, .bias = 1};
    x = nn_layer_conv(g, "conv2", x, &grouped);
    x = nn_layer_batch_norm(g, "bn2", x, 256, BN_EPS);
    x = nn_layer_act(g, "silu2", x, NN_ACT_SILU);
    nn_zoo_tap(f, 8, x, 256);
    x = nn_layer_max_pool(g, "pool2", x, 3, 2, pool, 0);
    for (int i = 0; i < 3; i++) {
        x = nn_layer_conv(g, NAME("conv%d", i + 3), x, &late[i]);
        x = nn_layer_act(g, NAME("relu%d", i + 3), x, NN_ACT_RELU);
    }
    nn_zoo_tap(f, 16, x, 256);
    x = nn_layer_max_pool(g, "pool5", x, 3, 2, pool, 0);
    nn_zoo_tap(f, 32, x, 256);
    return x;
}

static void build_features(nn_graph *g, nn_value image, const nn_zoo_net *net,
                           const nn_zoo_options *o, nn_zoo_features *out)
{
    (void)net, (void)o;
    add_features(g, image, out);
}

static void build(nn_graph *g, nn_value image, const nn_zoo_net *net, const nn_zoo_options *o)
{
    nn_zoo_features f = {0};
    (void)net;
    // Changes nothing at 224x224, and lets other sizes pass.
    nn_value x = nn_layer_adaptive_avg_pool(g, "avgpool", add_features(g, image, &f), 6);
    x = nn_layer_flatten(g, "flatten", x, 1);
    for (int i = 1; i <= 2; i++) {
        x = nn_layer_linear(g, NAME("fc%d", i), x, i == 1 ? 256 * 6 * 6 : 4096, 4096, 1);
        x = nn_layer_act(g, NAME("fc_relu%d", i), x, NN_ACT_RELU);
        x = nn_layer_dropout(g, NAME("drop%d", i), x, 0.5f * o->drop, 0);
    }
    nn_graph_output(g, "output", nn_layer_linear(g, "fc3", x, 4096, o->classes, 1));
}

const nn_zoo_net nn_zoo_neroscale_alexnetpp = {
    .name = "neroscale_alexnetpp",
    .summary = "AlexNet with batch norm, dilation, Mish, SiLU and ReLU by depth (NeroScale)",
    .option_names = "classes,drop",
    .defaults = {.classes = 1000, .drop = 1},
    .input_h = 224,
    .input_w = 224,
    .mean = {0.5f, 0.5f, 0.5f},
    .std = {0.5f, 0.5f, 0.5f},
    .features = build_features,
    .classify = build,
};
