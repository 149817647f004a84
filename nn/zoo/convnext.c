// SPDX-License-Identifier: MIT
// ConvNeXt with torchvision's names: depthwise 7x7, then two linear layers for each pixel.
#include "nn/zoo/taps.h"

#define LN_EPS 1e-6f

enum { STAGES = 4, RATIO = 4 };

typedef struct design {
    int channels[STAGES], blocks[STAGES];
} design;

static nn_value transpose(nn_graph *g, const char *name, nn_value x, nn_transpose_params p)
{
    return nn_graph_node(g, &nn_op_transpose, name, &p, &x, 1);
}

static nn_value channels_last(nn_graph *g, const char *name, nn_value x)
{
    return transpose(g, name, x, (nn_transpose_params){4, {0, 2, 3, 1}});
}

static nn_value channels_first(nn_graph *g, const char *name, nn_value x)
{
    return transpose(g, name, x, (nn_transpose_params){4, {0, 3, 1, 2}});
}

// Normalises the channels of each pixel of an image.
static nn_value norm(nn_graph *g, const char *prefix, nn_value x, int channels)
{
    x = channels_last(g, NAME("%s.last", prefix), x);
    x = nn_layer_layer_norm(g, prefix, x, channels, LN_EPS);
    return channels_first(g, NAME("%s.first", prefix), x);
}

static nn_value add_block(nn_graph *g, const char *prefix, nn_value x, int c, float rate, int block,
                          int blocks)
{
    const nn_conv_spec depthwise = {
        .in = c, .out = c, .kernel = 7, .stride = 1, .pad = 3, .groups = c, .bias = 1};
    const nn_value scale =
        nn_layer_param(g, prefix, "layer_scale", NN_PARAM_BIAS, (nn_shape){3, {c, 1, 1}});
    nn_value y = nn_layer_conv(g, NAME("%s.block.0", prefix), x, &depthwise);
    y = channels_last(g, NAME("%s.block.1", prefix), y);
    y = nn_layer_layer_norm(g, NAME("%s.block.2", prefix), y, c, LN_EPS);
    y = nn_layer_linear(g, NAME("%s.block.3", prefix), y, c, RATIO * c, 1);
    y = nn_layer_act(g, NAME("%s.block.4", prefix), y, NN_ACT_GELU);
    y = nn_layer_linear(g, NAME("%s.block.5", prefix), y, RATIO * c, c, 1);
    y = channels_first(g, NAME("%s.block.6", prefix), y);
    y = nn_layer_mul(g, NAME("%s.scale", prefix), y, scale);
    y = nn_layer_stochastic_depth(g, prefix, y, rate, block, blocks);
    return nn_layer_add(g, NAME("%s.add", prefix), y, x);
}

// Stages at 1/4, 1/8, 1/16 and 1/32.
static nn_value add_features(nn_graph *g, nn_value x, const design *d, const nn_zoo_options *o,
                             nn_zoo_features *f)
{
    const nn_conv_spec stem = {.in = 3, .out = d->channels[0], .kernel = 4, .stride = 4, .bias = 1};
    int all = 0, done = 0;
    for (int s = 0; s < STAGES; s++)
        all += d->blocks[s];
    x = nn_layer_conv(g, "features.0.0", x, &stem);
    x = norm(g, "features.0.1", x, d->channels[0]);
    for (int s = 0; s < STAGES && !nn_zoo_taps_end(f, 4 << s); s++) {
        const int c = d->channels[s];
        if (s > 0) {
            const nn_conv_spec half = {
                .in = d->channels[s - 1], .out = c, .kernel = 2, .stride = 2, .bias = 1};
            x = norm(g, NAME("features.%d.0", 2 * s), x, d->channels[s - 1]);
            x = nn_layer_conv(g, NAME("features.%d.1", 2 * s), x, &half);
        }
        for (int b = 0; b < d->blocks[s]; b++, done++)
            x = add_block(g, NAME("features.%d.%d", 2 * s + 1, b), x, c, o->stochastic_depth, done,
                          all);
        nn_zoo_tap(f, 4 << s, x, c);
    }
    return x;
}

static void build_features(nn_graph *g, nn_value image, const nn_zoo_net *net,
                           const nn_zoo_options *o, nn_zoo_features *out)
{
    add_features(g, image, net->design, o, out);
}

static void build(nn_graph *g, nn_value image, const nn_zoo_net *net, const nn_zoo_options *o)
{
    const design *d = net->design;
    const int c = d->channels[STAGES - 1];
    nn_zoo_features f = {0};
    nn_value x = add_features(g, image, d, o, &f);
    x = nn_layer_global_avg_pool(g, "avgpool", x);
    x = nn_layer_layer_norm(g, "classifier.0", x, c, LN_EPS);
    nn_graph_output(g, "output", nn_layer_linear(g, "classifier.2", x, c, o->classes, 1));
}

#define NET(size, rate, ...)                                                                       \
    const nn_zoo_net nn_zoo_convnext_##size = {                                                    \
        .name = "convnext_" #size,                                                                 \
        .summary = "depthwise 7x7 and layer norms, " #size " (Liu 2022)",                          \
        .option_names = "classes,stochastic_depth,drop",                                           \
        .defaults = {.classes = 1000, .stochastic_depth = rate, .drop = 1},                        \
        .input_h = 224,                                                                            \
        .input_w = 224,                                                                            \
        .mean = NN_ZOO_IMAGENET_MEAN,                                                              \
        .std = NN_ZOO_IMAGENET_STD,                                                                \
        .design = &(const design)__VA_ARGS__,                                                      \
        .finest = 8,                                                                               \
        .features = build_features,                                                                \
        .classify = build,                                                                         \
    }

NET(tiny, 0.1f, {{96, 192, 384, 768}, {3, 3, 9, 3}});
NET(small, 0.4f, {{96, 192, 384, 768}, {3, 3, 27, 3}});
NET(base, 0.5f, {{128, 256, 512, 1024}, {3, 3, 27, 3}});
