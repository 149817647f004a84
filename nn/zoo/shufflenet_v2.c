// SPDX-License-Identifier: MIT
// ShuffleNetV2 with torchvision's names: half of the channels pass by, then all are shuffled.
#include "nn/zoo/taps.h"

#define BN_EPS 1e-5f

enum { STEM = 24, LAST = 1024, STAGES = 3 };

static const struct {
    int blocks, channels;
} stages[STAGES] = {{4, 116}, {8, 232}, {4, 464}};

static nn_value conv_bn(nn_graph *g, const char *prefix, int first, nn_value x, nn_conv_spec spec,
                        bool relu)
{
    x = nn_layer_conv(g, NAME("%s.%d", prefix, first), x, &spec);
    x = nn_layer_batch_norm(g, NAME("%s.%d", prefix, first + 1), x, spec.out, BN_EPS);
    return relu ? nn_layer_act(g, NAME("%s.%d", prefix, first + 2), x, NN_ACT_RELU) : x;
}

static nn_conv_spec pointwise(int in, int out)
{
    return (nn_conv_spec){.in = in, .out = out, .kernel = 1, .stride = 1};
}

static nn_conv_spec depthwise(int channels, int stride)
{
    return (nn_conv_spec){.in = channels,
                          .out = channels,
                          .kernel = 3,
                          .stride = stride,
                          .pad = 1,
                          .groups = channels};
}

static nn_value take_half(nn_graph *g, const char *name, nn_value x, int first, int count)
{
    const nn_slice_params p = {.axis = 1, .begin = first, .end = first + count, .step = 1};
    return nn_graph_node(g, &nn_op_slice, name, &p, &x, 1);
}

// Channel i of either half becomes channel 2 i and 2 i + 1 (Zhang 2018).
static nn_value shuffle(nn_graph *g, const char *prefix, nn_value x, int channels)
{
    const nn_reshape_params split = {4, {0, 2, channels / 2, -1}};
    const nn_transpose_params swap = {4, {0, 2, 1, 3}};
    nn_value y = nn_graph_node(g, &nn_op_reshape, NAME("%s.split", prefix), &split, &x, 1);
    y = nn_graph_node(g, &nn_op_transpose, NAME("%s.swap", prefix), &swap, &y, 1);
    return nn_graph_node(g, &nn_op_reshape, NAME("%s.shuffle", prefix), &(nn_reshape_params){0},
                         (const nn_value[]){y, x}, 2);
}

static nn_value add_block(nn_graph *g, const char *prefix, nn_value x, int in, int out, int stride)
{
    const int half = out / 2;
    const nn_layer_name one = nn_layer_name_of("%s.branch1", prefix),
                        two = nn_layer_name_of("%s.branch2", prefix);
    nn_value part[2] = {x, x};
    if (stride > 1) {
        part[0] = conv_bn(g, one.text, 0, x, depthwise(in, stride), false);
        part[0] = conv_bn(g, one.text, 2, part[0], pointwise(in, half), true);
    } else {
        part[0] = take_half(g, NAME("%s.pass", prefix), x, 0, half);
        part[1] = take_half(g, NAME("%s.work", prefix), x, half, half);
        in = half;
    }
    part[1] = conv_bn(g, two.text, 0, part[1], pointwise(in, half), true);
    part[1] = conv_bn(g, two.text, 3, part[1], depthwise(half, stride), false);
    part[1] = conv_bn(g, two.text, 5, part[1], pointwise(half, half), true);
    return shuffle(g, prefix, nn_layer_concat(g, NAME("%s.concat", prefix), part, 2, 1), out);
}

static nn_value add_features(nn_graph *g, nn_value x, nn_zoo_features *f)
{
    int in = STEM;
    const nn_conv_spec stem = {.in = 3, .out = STEM, .kernel = 3, .stride = 2, .pad = 1};
    x = conv_bn(g, "conv1", 0, x, stem, true);
    x = nn_layer_max_pool(g, "maxpool", x, 3, 2, 1, 0);
    nn_zoo_tap(f, 4, x, in);
    for (int s = 0; s < STAGES && !nn_zoo_taps_end(f, 8 << s); s++) {
        for (int b = 0; b < stages[s].blocks; b++) {
            x = add_block(g, NAME("stage%d.%d", s + 2, b), x, in, stages[s].channels, b ? 1 : 2);
            in = stages[s].channels;
        }
        nn_zoo_tap(f, 8 << s, x, in);
    }
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
    nn_value x = add_features(g, image, &f);
    x = conv_bn(g, "conv5", 0, x, pointwise(stages[STAGES - 1].channels, LAST), true);
    x = nn_layer_global_avg_pool(g, "avgpool", x);
    nn_graph_output(g, "output", nn_layer_linear(g, "fc", x, LAST, o->classes, 1));
}

const nn_zoo_net nn_zoo_shufflenet_v2_x1_0 = {
    .name = "shufflenet_v2_x1_0",
    .summary = "split and shuffled channels (Ma 2018)",
    .option_names = "classes",
    .defaults = {.classes = 1000, .drop = 1},
    .input_h = 224,
    .input_w = 224,
    .mean = NN_ZOO_IMAGENET_MEAN,
    .std = NN_ZOO_IMAGENET_STD,
    .finest = 8,
    .features = build_features,
    .classify = build,
};
