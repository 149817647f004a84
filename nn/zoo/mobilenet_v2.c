// SPDX-License-Identifier: MIT
// MobileNetV2 with torchvision's names: inverted residuals, narrow at their ends.
#include "nn/zoo/mobile.h"

#define BN_EPS 1e-5f

typedef struct stage {
    int expansion, channels, blocks, stride;
} stage;

static const stage stages[] = {{1, 16, 1, 1}, {6, 24, 2, 2},  {6, 32, 3, 2}, {6, 64, 4, 2},
                               {6, 96, 3, 1}, {6, 160, 3, 2}, {6, 320, 1, 1}};
enum { STAGES = sizeof stages / sizeof *stages, BLOCKS = 17, LAST = 1280 };

static nn_value add_block(nn_graph *g, int index, nn_value x, int in, int out, int expansion,
                          int stride, float rate)
{
    const int hidden = in * expansion;
    nn_value y = x;
    int part = 0;
    if (expansion > 1)
        y = nn_mobile_conv(g, NAME("features.%d.conv.%d", index, part++), y, in, hidden, 1, 1, 1,
                           NN_ACT_RELU6, BN_EPS);
    y = nn_mobile_conv(g, NAME("features.%d.conv.%d", index, part++), y, hidden, hidden, 3, stride,
                       hidden, NN_ACT_RELU6, BN_EPS);
    const nn_conv_spec spec = {.in = hidden, .out = out, .kernel = 1, .stride = 1};
    y = nn_layer_conv(g, NAME("features.%d.conv.%d", index, part), y, &spec);
    y = nn_layer_batch_norm(g, NAME("features.%d.conv.%d", index, part + 1), y, out, BN_EPS);
    if (stride != 1 || in != out)
        return y;
    y = nn_layer_stochastic_depth(g, NAME("features.%d", index), y, rate, index - 1, BLOCKS);
    return nn_layer_add(g, NAME("features.%d.add", index), x, y);
}

// Returns the last map; `f` gets those for heads.
static nn_value add_features(nn_graph *g, nn_value x, const nn_zoo_options *o, nn_zoo_features *f,
                             int *channels)
{
    int in = nn_mobile_width(32 * (double)o->alpha), index = 1, scale = 2;
    x = nn_mobile_conv(g, "features.0", x, 3, in, 3, 2, 1, NN_ACT_RELU6, BN_EPS);
    for (int s = 0; s < STAGES; s++) {
        const int out = nn_mobile_width(stages[s].channels * (double)o->alpha);
        scale *= stages[s].stride;
        if (nn_zoo_taps_end(f, scale))
            break;
        for (int b = 0; b < stages[s].blocks; b++) {
            x = add_block(g, index++, x, in, out, stages[s].expansion, b ? 1 : stages[s].stride,
                          o->stochastic_depth);
            in = out;
        }
        nn_zoo_tap(f, scale, x, out);
    }
    *channels = in;
    return x;
}

static void build_features(nn_graph *g, nn_value image, const nn_zoo_net *net,
                           const nn_zoo_options *o, nn_zoo_features *out)
{
    int channels;
    (void)net;
    add_features(g, image, o, out, &channels);
}

static void build(nn_graph *g, nn_value image, const nn_zoo_net *net, const nn_zoo_options *o)
{
    nn_zoo_features f = {0};
    int channels;
    (void)net;
    const int last = nn_mobile_width(LAST * (o->alpha > 1 ? (double)o->alpha : 1));
    nn_value x = add_features(g, image, o, &f, &channels);
    x = nn_mobile_conv(g, "features.18", x, channels, last, 1, 1, 1, NN_ACT_RELU6, BN_EPS);
    x = nn_layer_global_avg_pool(g, "avgpool", x);
    x = nn_layer_dropout(g, "classifier.0", x, 0.2f * o->drop, 0);
    nn_graph_output(g, "output", nn_layer_linear(g, "classifier.1", x, last, o->classes, 1));
}

const nn_zoo_net nn_zoo_mobilenet_v2 = {
    .name = "mobilenet_v2",
    .summary = "inverted residuals of depthwise convolutions (Sandler 2018)",
    .option_names = "classes,alpha,stochastic_depth,drop",
    .defaults = {.classes = 1000, .alpha = 1, .drop = 1},
    .input_h = 224,
    .input_w = 224,
    .mean = NN_ZOO_IMAGENET_MEAN,
    .std = NN_ZOO_IMAGENET_STD,
    .finest = 8,
    .features = build_features,
    .classify = build,
};
