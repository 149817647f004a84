// SPDX-License-Identifier: MIT
// MobileNetV3 with torchvision's names: found by search, with hard swish and squeeze-excitation.
#include "nn/zoo/mobile.h"

#define BN_EPS 1e-3f

typedef struct block {
    int kernel, expanded, channels;
    bool squeeze, swish; // squeeze-excitation; hard swish instead of ReLU
    int stride;
} block;

enum { MOST = 15, STEM = 16, SQUEEZE = 4 };

typedef struct design {
    int blocks, hidden; // of the classifier
    block block[MOST];
} design;

// The branch of a block, which is all of it where the shape changes.
static nn_value add_branch(nn_graph *g, const char *prefix, nn_value x, int in, int out,
                           int expanded, const block *b)
{
    const nn_act act = b->swish ? NN_ACT_HARD_SWISH : NN_ACT_RELU;
    nn_value y = x;
    int part = 0;
    if (expanded != in)
        y = nn_mobile_conv(g, NAME("%s.block.%d", prefix, part++), y, in, expanded, 1, 1, 1, act,
                           BN_EPS);
    y = nn_mobile_conv(g, NAME("%s.block.%d", prefix, part++), y, expanded, expanded, b->kernel,
                       b->stride, expanded, act, BN_EPS);
    if (b->squeeze)
        y = nn_mobile_squeeze(g, NAME("%s.block.%d", prefix, part++), y, expanded,
                              nn_mobile_width(expanded / SQUEEZE), NN_ACT_RELU, true);
    y = nn_mobile_conv(g, NAME("%s.block.%d", prefix, part), y, expanded, out, 1, 1, 1, NN_ACT_NONE,
                       BN_EPS);
    return y;
}

static nn_value add_features(nn_graph *g, nn_value x, const design *d, const nn_zoo_options *o,
                             nn_zoo_features *f, int *channels)
{
    int in = nn_mobile_width(STEM * (double)o->alpha), scale = 2;
    x = nn_mobile_conv(g, "features.0", x, 3, in, 3, 2, 1, NN_ACT_HARD_SWISH, BN_EPS);
    for (int i = 0; i < d->blocks; i++) {
        const block *b = &d->block[i];
        scale *= b->stride;
        if (nn_zoo_taps_end(f, scale))
            break;
        const int out = nn_mobile_width(b->channels * (double)o->alpha);
        const nn_layer_name prefix = nn_layer_name_of("features.%d", i + 1);
        nn_value y = add_branch(g, prefix.text, x, in, out,
                                nn_mobile_width(b->expanded * (double)o->alpha), b);
        if (b->stride == 1 && in == out) {
            y = nn_layer_stochastic_depth(g, prefix.text, y, o->stochastic_depth, i, d->blocks);
            y = nn_layer_add(g, NAME("%s.add", prefix.text), x, y);
        }
        x = y;
        in = out;
        nn_zoo_tap(f, scale, x, out);
    }
    *channels = in;
    return x;
}

static void build_features(nn_graph *g, nn_value image, const nn_zoo_net *net,
                           const nn_zoo_options *o, nn_zoo_features *out)
{
    int channels;
    add_features(g, image, net->design, o, out, &channels);
}

static void build(nn_graph *g, nn_value image, const nn_zoo_net *net, const nn_zoo_options *o)
{
    const design *d = net->design;
    const int hidden = nn_mobile_width(d->hidden * (double)o->alpha);
    nn_zoo_features f = {0};
    int channels;
    nn_value x = add_features(g, image, d, o, &f, &channels);
    x = nn_mobile_conv(g, NAME("features.%d", d->blocks + 1), x, channels, 6 * channels, 1, 1, 1,
                       NN_ACT_HARD_SWISH, BN_EPS);
    x = nn_layer_global_avg_pool(g, "avgpool", x);
    x = nn_layer_linear(g, "classifier.0", x, 6 * channels, hidden, 1);
    x = nn_layer_act(g, "classifier.1", x, NN_ACT_HARD_SWISH);
    x = nn_layer_dropout(g, "classifier.2", x, 0.2f * o->drop, 0);
    nn_graph_output(g, "output", nn_layer_linear(g, "classifier.3", x, hidden, o->classes, 1));
}

#define NET(size, text, ...)                                                                       \
    const nn_zoo_net nn_zoo_mobilenet_v3_##size = {                                                \
        .name = "mobilenet_v3_" #size,                                                             \
        .summary = text " (Howard 2019)",                                                          \
        .option_names = "classes,alpha,stochastic_depth,drop",                                     \
        .defaults = {.classes = 1000, .alpha = 1, .drop = 1},                                      \
        .input_h = 224,                                                                            \
        .input_w = 224,                                                                            \
        .mean = NN_ZOO_IMAGENET_MEAN,                                                              \
        .std = NN_ZOO_IMAGENET_STD,                                                                \
        .design = &(const design)__VA_ARGS__,                                                      \
        .finest = 8,                                                                               \
        .features = build_features,                                                                \
        .classify = build,                                                                         \
    }

NET(small, "inverted residuals with squeeze-excitation, for small computers",
    {11,
     1024,
     {{3, 16, 16, true, false, 2},
      {3, 72, 24, false, false, 2},
      {3, 88, 24, false, false, 1},
      {5, 96, 40, true, true, 2},
      {5, 240, 40, true, true, 1},
      {5, 240, 40, true, true, 1},
      {5, 120, 48, true, true, 1},
      {5, 144, 48, true, true, 1},
      {5, 288, 96, true, true, 2},
      {5, 576, 96, true, true, 1},
      {5, 576, 96, true, true, 1}}});
NET(large, "inverted residuals with squeeze-excitation",
    {15,
     1280,
     {{3, 16, 16, false, false, 1},
      {3, 64, 24, false, false, 2},
      {3, 72, 24, false, false, 1},
      {5, 72, 40, true, false, 2},
      {5, 120, 40, true, false, 1},
      {5, 120, 40, true, false, 1},
      {3, 240, 80, false, true, 2},
      {3, 200, 80, false, true, 1},
      {3, 184, 80, false, true, 1},
      {3, 184, 80, false, true, 1},
      {3, 480, 112, true, true, 1},
      {3, 672, 112, true, true, 1},
      {5, 672, 160, true, true, 2},
      {5, 960, 160, true, true, 1},
      {5, 960, 160, true, true, 1}}});
