// SPDX-License-Identifier: MIT
// VGG with 11 to 19 layers with torchvision's names; the later form has batch norms.
#include "nn/zoo/taps.h"

#define BN_EPS 1e-5f

enum { STAGES = 5 };

static const int channels[STAGES] = {64, 128, 256, 512, 512};

typedef struct design {
    int convs[STAGES];
    bool norms;
} design;

// Maps of heads lie before a pooling, at 1/4, 1/8 and 1/16, and behind the last one.
static nn_value add_features(nn_graph *g, nn_value x, const design *d, nn_zoo_features *f)
{
    int index = 0, in = 3;
    for (int stage = 0; stage < STAGES; stage++) {
        for (int i = 0; i < d->convs[stage]; i++) {
            const nn_conv_spec spec = {
                .in = in, .out = channels[stage], .kernel = 3, .stride = 1, .pad = 1, .bias = 1};
            x = nn_layer_conv(g, NAME("features.%d", index++), x, &spec);
            if (d->norms)
                x = nn_layer_batch_norm(g, NAME("features.%d", index++), x, spec.out, BN_EPS);
            x = nn_layer_act(g, NAME("features.%d", index++), x, NN_ACT_RELU);
            in = channels[stage];
        }
        nn_zoo_tap(f, 1 << stage, x, in);
        x = nn_layer_max_pool(g, NAME("features.%d", index++), x, 2, 2, 0, 0);
    }
    nn_zoo_tap(f, 1 << STAGES, x, in);
    return x;
}

static void build_features(nn_graph *g, nn_value image, const nn_zoo_net *net,
                           const nn_zoo_options *o, nn_zoo_features *out)
{
    (void)o;
    add_features(g, image, net->design, out);
}

static void build(nn_graph *g, nn_value image, const nn_zoo_net *net, const nn_zoo_options *o)
{
    nn_zoo_features f = {0};
    nn_value x = add_features(g, image, net->design, &f);
    x = nn_layer_adaptive_avg_pool(g, "avgpool", x, 7);
    x = nn_layer_flatten(g, "flatten", x, 1);
    for (int i = 0; i < 6; i += 3) {
        x = nn_layer_linear(g, NAME("classifier.%d", i), x, i ? 4096 : 512 * 7 * 7, 4096, 1);
        x = nn_layer_act(g, NAME("classifier.%d", i + 1), x, NN_ACT_RELU);
        x = nn_layer_dropout(g, NAME("classifier.%d", i + 2), x, 0.5f * o->drop, 0);
    }
    nn_graph_output(g, "output", nn_layer_linear(g, "classifier.6", x, 4096, o->classes, 1));
}

#define NET(word, text, ...)                                                                       \
    const nn_zoo_net nn_zoo_##word = {                                                             \
        .name = #word,                                                                             \
        .summary = text " (Simonyan 2014)",                                                        \
        .option_names = "classes,drop",                                                            \
        .defaults = {.classes = 1000, .drop = 1},                                                  \
        .input_h = 224,                                                                            \
        .input_w = 224,                                                                            \
        .mean = NN_ZOO_IMAGENET_MEAN,                                                              \
        .std = NN_ZOO_IMAGENET_STD,                                                                \
        .design = &(const design)__VA_ARGS__,                                                      \
        .features = build_features,                                                                \
        .classify = build,                                                                         \
    }
#define PAIR(depth, ...)                                                                           \
    NET(vgg##depth, #depth " layers of 3x3 convolutions", {__VA_ARGS__, false});                   \
    NET(vgg##depth##_bn, #depth " layers of 3x3 convolutions and batch norms", {__VA_ARGS__, true})

PAIR(11, {1, 1, 2, 2, 2});
PAIR(13, {2, 2, 2, 2, 2});
PAIR(16, {2, 2, 3, 3, 3});
PAIR(19, {2, 2, 4, 4, 4});
