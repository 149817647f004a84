// SPDX-License-Identifier: MIT
// Residual networks with torchvision's names; the stride sits on the 3x3 convolution.
#include "nn/zoo/taps.h"

#include <string.h>

#define BN_EPS 1e-5f

enum { STAGES = 4 };

typedef struct design {
    int blocks[STAGES];
    int expansion; // 1: blocks of two 3x3, 4: bottlenecks of 1x1, 3x3, 1x1
} design;

// PREFIX.convN and PREFIX.bnN, then ReLU unless the sum follows.
static nn_value conv_bn(nn_graph *g, const char *prefix, int n, nn_value x, nn_conv_spec spec,
                        bool relu)
{
    x = nn_layer_conv(g, NAME("%s.conv%d", prefix, n), x, &spec);
    x = nn_layer_batch_norm(g, NAME("%s.bn%d", prefix, n), x, spec.out, BN_EPS);
    return relu ? nn_layer_act(g, NAME("%s.relu%d", prefix, n), x, NN_ACT_RELU) : x;
}

static nn_value add_block(nn_graph *g, const char *prefix, nn_value x, int in, int width,
                          int stride, int expansion, float rate, int block, int blocks)
{
    const int out = width * expansion;
    nn_value y = x;
    if (expansion == 1) {
        y = conv_bn(g, prefix, 1, y,
                    (nn_conv_spec){.in = in, .out = width, .kernel = 3, .stride = stride, .pad = 1},
                    true);
        y = conv_bn(g, prefix, 2, y,
                    (nn_conv_spec){.in = width, .out = out, .kernel = 3, .stride = 1, .pad = 1},
                    false);
    } else {
        y = conv_bn(g, prefix, 1, y,
                    (nn_conv_spec){.in = in, .out = width, .kernel = 1, .stride = 1}, true);
        y = conv_bn(
            g, prefix, 2, y,
            (nn_conv_spec){.in = width, .out = width, .kernel = 3, .stride = stride, .pad = 1},
            true);
        y = conv_bn(g, prefix, 3, y,
                    (nn_conv_spec){.in = width, .out = out, .kernel = 1, .stride = 1}, false);
    }
    if (stride != 1 || in != out) {
        const nn_conv_spec spec = {.in = in, .out = out, .kernel = 1, .stride = stride};
        x = nn_layer_conv(g, NAME("%s.downsample.0", prefix), x, &spec);
        x = nn_layer_batch_norm(g, NAME("%s.downsample.1", prefix), x, out, BN_EPS);
    }
    y = nn_layer_stochastic_depth(g, prefix, y, rate, block, blocks);
    x = nn_layer_add(g, NAME("%s.add", prefix), y, x);
    return nn_layer_act(g, NAME("%s.relu", prefix), x, NN_ACT_RELU);
}

// Channels of stage `s` at width multiplier `alpha`: nearest multiple of 8, at least 8.
static int width_of(int s, float alpha)
{
    const int c = (int)((64 << s) * (double)alpha / 8 + 0.5) * 8;
    return c < 8 ? 8 : c;
}

// The stem for pictures of about 32x32 is one 3x3 without stride or pooling (He 2015, section 4.2).
static nn_value add_stem(nn_graph *g, nn_value x, int width, bool small)
{
    const nn_conv_spec large_conv = {.in = 3, .out = width, .kernel = 7, .stride = 2, .pad = 3},
                       small_conv = {.in = 3, .out = width, .kernel = 3, .stride = 1, .pad = 1};
    x = nn_layer_conv(g, "conv1", x, small ? &small_conv : &large_conv);
    x = nn_layer_batch_norm(g, "bn1", x, width, BN_EPS);
    x = nn_layer_act(g, "relu", x, NN_ACT_RELU);
    return small ? x : nn_layer_max_pool(g, "maxpool", x, 3, 2, 1, 0);
}

// Stages at 1/4, 1/8, 1/16 and 1/32; with the small stem at 1, 1/2, 1/4 and 1/8.
static nn_value add_stages(nn_graph *g, nn_value x, const design *d, const nn_zoo_options *o,
                           nn_zoo_features *f)
{
    int in = width_of(0, o->alpha), block = 0, blocks = 0, stages = 0;
    for (; stages < STAGES && !nn_zoo_taps_end(f, 4 << stages); stages++)
        blocks += d->blocks[stages];
    x = add_stem(g, x, in, strcmp(o->stem, "small") == 0);
    for (int s = 0; s < stages; s++) {
        const int width = width_of(s, o->alpha);
        for (int b = 0; b < d->blocks[s]; b++) {
            x = add_block(g, NAME("layer%d.%d", s + 1, b), x, in, width, s && !b ? 2 : 1,
                          d->expansion, o->stochastic_depth, block++, blocks);
            in = width * d->expansion;
        }
        nn_zoo_tap(f, 4 << s, x, in);
    }
    return x;
}

static void build_features(nn_graph *g, nn_value image, const nn_zoo_net *net,
                           const nn_zoo_options *o, nn_zoo_features *out)
{
    if (strcmp(o->stem, "small") == 0)
        nn_graph_fail(g, NN_EUNSUPPORTED, "%s: with stem=small the maps are too large for a head",
                      net->name);
    add_stages(g, image, net->design, o, out);
}

static void build_classifier(nn_graph *g, nn_value image, const nn_zoo_net *net,
                             const nn_zoo_options *o)
{
    const design *d = net->design;
    nn_zoo_features f = {0};
    nn_value x = nn_layer_global_avg_pool(g, "avgpool", add_stages(g, image, d, o, &f));
    const int channels = width_of(STAGES - 1, o->alpha) * d->expansion;
    nn_graph_output(g, "output", nn_layer_linear(g, "fc", x, channels, o->classes, 1));
}

#define NET(depth, ...)                                                                            \
    const nn_zoo_net nn_zoo_resnet##depth = {                                                      \
        .name = "resnet" #depth,                                                                   \
        .summary = "residual network of " #depth " layers (He 2015)",                              \
        .option_names = "classes,alpha,stochastic_depth,stem",                                     \
        .defaults = {.classes = 1000, .alpha = 1, .drop = 1, .stem = "large"},                     \
        .input_h = 224,                                                                            \
        .input_w = 224,                                                                            \
        .mean = NN_ZOO_IMAGENET_MEAN,                                                              \
        .std = NN_ZOO_IMAGENET_STD,                                                                \
        .design = &(const design)__VA_ARGS__,                                                      \
        .features = build_features,                                                                \
        .classify = build_classifier,                                                              \
    }

NET(18, {{2, 2, 2, 2}, 1});
NET(34, {{3, 4, 6, 3}, 1});
NET(50, {{3, 4, 6, 3}, 4});
NET(101, {{3, 4, 23, 3}, 4});
NET(152, {{3, 8, 36, 3}, 4});
