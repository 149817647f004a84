// SPDX-License-Identifier: MIT
// SqueezeNet 1.1 with torchvision's names: fire modules squeeze to few channels, then expand.
#include "nn/zoo/taps.h"

typedef struct fire {
    int index, squeeze, expand; // half of its outputs
} fire;

static const fire fires[] = {{3, 16, 64},  {4, 16, 64},   {6, 32, 128},  {7, 32, 128},
                             {9, 48, 192}, {10, 48, 192}, {11, 64, 256}, {12, 64, 256}};
enum { FIRES = sizeof fires / sizeof *fires, STEM = 64 };

static nn_value conv_relu(nn_graph *g, const char *prefix, const char *part, nn_value x, int in,
                          int out, int kernel)
{
    const nn_conv_spec spec = {
        .in = in, .out = out, .kernel = kernel, .stride = 1, .pad = kernel / 2, .bias = 1};
    x = nn_layer_conv(g, NAME("%s.%s", prefix, part), x, &spec);
    return nn_layer_act(g, NAME("%s.%s_activation", prefix, part), x, NN_ACT_RELU);
}

static nn_value add_fire(nn_graph *g, nn_value x, int in, const fire *f)
{
    const nn_layer_name prefix = nn_layer_name_of("features.%d", f->index);
    x = conv_relu(g, prefix.text, "squeeze", x, in, f->squeeze, 1);
    const nn_value part[] = {conv_relu(g, prefix.text, "expand1x1", x, f->squeeze, f->expand, 1),
                             conv_relu(g, prefix.text, "expand3x3", x, f->squeeze, f->expand, 3)};
    return nn_layer_concat(g, NAME("%s.concat", prefix.text), part, 2, 1);
}

// For heads everything is padded, so that the maps have exactly 1/4, 1/8 and 1/16 of the input;
// 1/32 is pooled.
static nn_value add_features(nn_graph *g, nn_value x, nn_zoo_features *f)
{
    const int pad = f->stride > 0;
    const nn_conv_spec stem = {
        .in = 3, .out = STEM, .kernel = 3, .stride = 2, .pad = pad, .bias = 1};
    x = nn_layer_conv(g, "features.0", x, &stem);
    x = nn_layer_act(g, "features.1", x, NN_ACT_RELU);
    int in = STEM, stride = 2;
    for (int i = 0; i < FIRES; i++) {
        if (i == 0 || fires[i].index - fires[i - 1].index > 1) {
            x = nn_layer_max_pool(g, NAME("features.%d", fires[i].index - 1), x, 3, 2, pad, !pad);
            stride *= 2;
        }
        x = add_fire(g, x, in, &fires[i]);
        in = 2 * fires[i].expand;
        nn_zoo_tap(f, stride, x, in);
    }
    return x;
}

static void build_features(nn_graph *g, nn_value image, const nn_zoo_net *net,
                           const nn_zoo_options *o, nn_zoo_features *out)
{
    (void)net, (void)o;
    add_features(g, image, out);
    nn_zoo_tap_rest(g, out);
}

static void build(nn_graph *g, nn_value image, const nn_zoo_net *net, const nn_zoo_options *o)
{
    (void)net;
    nn_zoo_features f = {0};
    nn_value x = add_features(g, image, &f);
    x = nn_layer_dropout(g, "classifier.0", x, 0.5f * o->drop, 0);
    const nn_conv_spec spec = {
        .in = 2 * fires[FIRES - 1].expand, .out = o->classes, .kernel = 1, .stride = 1, .bias = 1};
    x = nn_layer_conv(g, "classifier.1", x, &spec);
    x = nn_layer_act(g, "classifier.2", x, NN_ACT_RELU);
    nn_graph_output(g, "output", nn_layer_global_avg_pool(g, "classifier.3", x));
}

const nn_zoo_net nn_zoo_squeezenet1_1 = {
    .name = "squeezenet1_1",
    .summary = "1.2 million parameters of fire modules (Iandola 2016)",
    .option_names = "classes,drop",
    .defaults = {.classes = 1000, .drop = 1},
    .input_h = 224,
    .input_w = 224,
    .mean = NN_ZOO_IMAGENET_MEAN,
    .std = NN_ZOO_IMAGENET_STD,
    .features = build_features,
    .classify = build,
};
