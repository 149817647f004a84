// SPDX-License-Identifier: MIT
// VGG-16 and VGG-19 with torchvision's names.
#include "nn/zoo/layers.h"
#include "nn/zoo/zoo.h"

enum { STAGES = 5 };

static const int channels[STAGES] = {64, 128, 256, 512, 512};

static nn_value add_features(nn_graph *g, nn_value x, const int *convs)
{
    int index = 0, in = 3;
    for (int stage = 0; stage < STAGES; stage++) {
        for (int i = 0; i < convs[stage]; i++, index += 2) {
            const nn_conv_spec spec = {
                .in = in, .out = channels[stage], .kernel = 3, .stride = 1, .pad = 1, .bias = 1};
            x = nn_layer_conv(g, NAME("features.%d", index), x, &spec);
            x = nn_layer_act(g, NAME("features.%d", index + 1), x, NN_ACT_RELU);
            in = channels[stage];
        }
        x = nn_layer_max_pool(g, NAME("features.%d", index++), x, 2, 2, 0, 0);
    }
    return x;
}

static void build(nn_graph *g, nn_value image, const nn_zoo_net *net, const nn_zoo_options *o)
{
    nn_value x = add_features(g, image, net->design);
    x = nn_layer_adaptive_avg_pool(g, "avgpool", x, 7);
    x = nn_layer_flatten(g, "flatten", x, 1);
    for (int i = 0; i < 6; i += 3) {
        x = nn_layer_linear(g, NAME("classifier.%d", i), x, i ? 4096 : 512 * 7 * 7, 4096, 1);
        x = nn_layer_act(g, NAME("classifier.%d", i + 1), x, NN_ACT_RELU);
        x = nn_layer_dropout(g, NAME("classifier.%d", i + 2), x, 0.5f * o->drop, 0);
    }
    nn_graph_output(g, "output", nn_layer_linear(g, "classifier.6", x, 4096, o->classes, 1));
}

#define NET(depth, ...)                                                                            \
    const nn_zoo_net nn_zoo_vgg##depth = {                                                         \
        .name = "vgg" #depth,                                                                      \
        .summary = #depth " layers of 3x3 convolutions (Simonyan 2014)",                           \
        .option_names = "classes,drop",                                                            \
        .defaults = {.classes = 1000, .drop = 1},                                                  \
        .input_h = 224,                                                                            \
        .input_w = 224,                                                                            \
        .mean = NN_ZOO_IMAGENET_MEAN,                                                              \
        .std = NN_ZOO_IMAGENET_STD,                                                                \
        .design = (const int[STAGES])__VA_ARGS__,                                                  \
        .classify = build,                                                                         \
    }

NET(16, {2, 2, 3, 3, 3});
NET(19, {2, 2, 4, 4, 4});
