// SPDX-License-Identifier: MIT
// Densely connected networks with torchvision's names.
#include "nn/zoo/taps.h"

#define BN_EPS 1e-5f

enum { BLOCKS = 4, MAX_LAYERS = 64 };
enum { BOTTLENECK = 4 }; // channels of the 1x1 convolution, in growth rates

typedef struct design {
    int layers[BLOCKS];
    int stem, growth;
} design;

// PREFIX.normN, PREFIX.reluN, PREFIX.convN.
static nn_value norm_relu_conv(nn_graph *g, const char *prefix, const char *n, nn_value x,
                               nn_conv_spec spec)
{
    x = nn_layer_batch_norm(g, NAME("%s.norm%s", prefix, n), x, spec.in, BN_EPS);
    x = nn_layer_act(g, NAME("%s.relu%s", prefix, n), x, NN_ACT_RELU);
    return nn_layer_conv(g, NAME("%s.conv%s", prefix, n), x, &spec);
}

// Every layer gets all earlier maps; returns all of them.
static nn_value add_block(nn_graph *g, const char *prefix, nn_value x, int in, int layers,
                          int growth)
{
    nn_value maps[MAX_LAYERS + 1] = {x};
    for (int i = 0; i < layers; i++) {
        const nn_layer_name name = nn_layer_name_of("%s.denselayer%d", prefix, i + 1);
        if (i > 0)
            x = nn_layer_concat(g, NAME("%s.concat", name.text), maps, i + 1, 1);
        x = norm_relu_conv(
            g, name.text, "1", x,
            (nn_conv_spec){
                .in = in + i * growth, .out = BOTTLENECK * growth, .kernel = 1, .stride = 1});
        maps[i + 1] = norm_relu_conv(
            g, name.text, "2", x,
            (nn_conv_spec){
                .in = BOTTLENECK * growth, .out = growth, .kernel = 3, .stride = 1, .pad = 1});
    }
    return nn_layer_concat(g, NAME("%s.concat", prefix), maps, layers + 1, 1);
}

// Blocks at 1/4, 1/8, 1/16 and 1/32.
static nn_value add_blocks(nn_graph *g, nn_value x, const design *d, nn_zoo_features *f,
                           int *channels)
{
    int c = d->stem;
    x = nn_layer_conv(g, "features.conv0", x,
                      &(nn_conv_spec){.in = 3, .out = c, .kernel = 7, .stride = 2, .pad = 3});
    x = nn_layer_batch_norm(g, "features.norm0", x, c, BN_EPS);
    x = nn_layer_act(g, "features.relu0", x, NN_ACT_RELU);
    x = nn_layer_max_pool(g, "features.pool0", x, 3, 2, 1, 0);
    for (int b = 0; b < BLOCKS && !nn_zoo_taps_end(f, 4 << b); b++) {
        if (b > 0) {
            const nn_layer_name name = nn_layer_name_of("features.transition%d", b);
            x = norm_relu_conv(g, name.text, "", x,
                               (nn_conv_spec){.in = c, .out = c / 2, .kernel = 1, .stride = 1});
            x = nn_layer_avg_pool(g, NAME("%s.pool", name.text), x, 2, 2, 0);
            c /= 2;
        }
        x = add_block(g, NAME("features.denseblock%d", b + 1), x, c, d->layers[b], d->growth);
        c += d->layers[b] * d->growth;
        nn_zoo_tap(f, 4 << b, x, c);
    }
    *channels = c;
    return x;
}

static void build_features(nn_graph *g, nn_value image, const nn_zoo_net *net,
                           const nn_zoo_options *o, nn_zoo_features *out)
{
    int channels;
    (void)o;
    add_blocks(g, image, net->design, out, &channels);
}

static void build_classifier(nn_graph *g, nn_value image, const nn_zoo_net *net,
                             const nn_zoo_options *o)
{
    nn_zoo_features f = {0};
    int c;
    nn_value x = add_blocks(g, image, net->design, &f, &c);
    x = nn_layer_batch_norm(g, "features.norm5", x, c, BN_EPS);
    x = nn_layer_act(g, "relu", x, NN_ACT_RELU);
    x = nn_layer_global_avg_pool(g, "avgpool", x);
    nn_graph_output(g, "output", nn_layer_linear(g, "classifier", x, c, o->classes, 1));
}

#define NET(depth, ...)                                                                            \
    const nn_zoo_net nn_zoo_densenet##depth = {                                                    \
        .name = "densenet" #depth,                                                                 \
        .summary = "densely connected network of " #depth " layers (Huang 2016)",                  \
        .option_names = "classes",                                                                 \
        .defaults = {.classes = 1000, .drop = 1},                                                  \
        .input_h = 224,                                                                            \
        .input_w = 224,                                                                            \
        .mean = NN_ZOO_IMAGENET_MEAN,                                                              \
        .std = NN_ZOO_IMAGENET_STD,                                                                \
        .design = &(const design)__VA_ARGS__,                                                      \
        .features = build_features,                                                                \
        .classify = build_classifier,                                                              \
    }

NET(121, {{6, 12, 24, 16}, 64, 32});
NET(161, {{6, 12, 36, 24}, 96, 48});
NET(169, {{6, 12, 32, 32}, 64, 32});
NET(201, {{6, 12, 48, 32}, 64, 32});
