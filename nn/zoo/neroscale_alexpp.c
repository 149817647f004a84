// SPDX-License-Identifier: MIT
// NeroScale Alex++Net: seven blocks from a two-scale stem to an input-adaptive depthwise core.
#include "nn/zoo/encoder.h"
#include "nn/zoo/scaling.h"
#include "nn/zoo/taps.h"

#include <stdio.h>

#define BN_EPS 1e-5f

enum { AXIS_C = 1 << 1, AXES_HW = 1 << 2 | 1 << 3 };
enum { HEADS = 4 }; // of the optional transformer

// Channels at width multiplier `alpha`: nearest multiple of 8, at least 8.
static int scale_width(int channels, float alpha)
{
    int c = (int)(channels * (double)alpha / 8 + 0.5) * 8;
    return c < 8 ? 8 : c;
}

static nn_value conv_bn_act(nn_graph *g, const char *conv, const char *bn, const char *act_name,
                            nn_value x, nn_conv_spec spec, nn_act act)
{
    x = nn_layer_conv(g, conv, x, &spec);
    x = nn_layer_batch_norm(g, bn, x, spec.out, BN_EPS);
    return nn_layer_act(g, act_name, x, act);
}

// Block 1: 11x11/4 beside 5x5/2 + pool 3/2, fused over channels. H -> H/4 - 1.
static nn_value add_dual_scale(nn_graph *g, nn_value x, int out)
{
    nn_value wide = nn_layer_conv(
        g, "block1.wide", x,
        &(nn_conv_spec){.in = 3, .out = out / 2, .kernel = 11, .stride = 4, .pad = 2, .bias = 1});
    nn_value fine = nn_layer_conv(
        g, "block1.fine", x,
        &(nn_conv_spec){.in = 3, .out = out / 2, .kernel = 5, .stride = 2, .pad = 2, .bias = 1});
    fine = nn_layer_max_pool(g, "block1.pool", fine, 3, 2, 0, 0);
    x = nn_layer_concat(g, "block1.concat", (nn_value[]){wide, fine}, 2, 1);
    return conv_bn_act(g, "block1.fuse", "block1.bn", "block1.gelu", x,
                       (nn_conv_spec){.in = out, .out = out, .kernel = 1, .stride = 1},
                       NN_ACT_GELU);
}

// Block 2: `layers` densely connected 3x3 layers (Huang 2017), a 1x1 transition and a projected
// residual. `skip` is the rate at which training leaves out the dense path of a picture.
static nn_value add_dense_residual(nn_graph *g, nn_value x, int in, int out, int growth, int layers,
                                   float skip)
{
    nn_value y = x;
    for (int k = 0; k < layers; k++) {
        char conv[48], bn[48], act[48], concat[48];
        snprintf(conv, sizeof conv, "block2.layers.%d.0", k);
        snprintf(bn, sizeof bn, "block2.layers.%d.1", k);
        snprintf(act, sizeof act, "block2.layers.%d.gelu", k);
        snprintf(concat, sizeof concat, "block2.layers.%d.concat", k);
        const nn_conv_spec spec = {
            .in = in + k * growth, .out = growth, .kernel = 3, .stride = 1, .pad = 1};
        nn_value z = conv_bn_act(g, conv, bn, act, y, spec, NN_ACT_GELU);
        y = nn_layer_concat(g, concat, (nn_value[]){y, z}, 2, 1);
    }
    const nn_conv_spec transition = {
        .in = in + layers * growth, .out = out, .kernel = 1, .stride = 1};
    y = conv_bn_act(g, "block2.transition", "block2.bn", NULL, y, transition, NN_ACT_NONE);
    y = nn_layer_dropout(g, "block2.drop", y, skip, 1);
    const nn_conv_spec shortcut = {.in = in, .out = out, .kernel = 1, .stride = 1};
    x = conv_bn_act(g, "block2.shortcut", "block2.bn_shortcut", NULL, x, shortcut, NN_ACT_NONE);
    return nn_layer_act(g, "block2.gelu", nn_layer_add(g, "block2.add", x, y), NN_ACT_GELU);
}

// Block 3: max pool, average pool and a dilated 3x3, all stride 2, fused by 1x1.
static nn_value add_multi_scale_pool(nn_graph *g, nn_value x, int c)
{
    const nn_conv_spec dilated = {
        .in = c, .out = c, .kernel = 3, .stride = 2, .pad = 2, .dilation = 2};
    const nn_value parts[] = {
        nn_layer_max_pool(g, "block3.max", x, 3, 2, 1, 0),
        nn_layer_avg_pool(g, "block3.avg", x, 3, 2, 1),
        nn_layer_conv(g, "block3.dilated", x, &dilated),
    };
    x = nn_layer_concat(g, "block3.concat", parts, 3, 1);
    return conv_bn_act(g, "block3.fuse", "block3.bn", "block3.gelu", x,
                       (nn_conv_spec){.in = 3 * c, .out = c, .kernel = 1, .stride = 1},
                       NN_ACT_GELU);
}

// Block 4: depthwise 3x3 stride 2, pointwise 1x1, batch norm, SiLU.
static nn_value add_separable(nn_graph *g, nn_value x, int in, int out)
{
    const nn_conv_spec depthwise = {
        .in = in, .out = in, .kernel = 3, .stride = 2, .pad = 1, .groups = in};
    x = nn_layer_conv(g, "block4.depthwise", x, &depthwise);
    return conv_bn_act(g, "block4.pointwise", "block4.bn", "block4.silu", x,
                       (nn_conv_spec){.in = in, .out = out, .kernel = 1, .stride = 1}, NN_ACT_SILU);
}

// Sigmoid of a 7x7 convolution over the channel mean and maximum (CBAM, Woo 2018, section 3).
static nn_value add_spatial_attention(nn_graph *g, const char *prefix, nn_value x)
{
    static const char *const leaves[] = {"mean", "max", "concat", "conv", "sigmoid", "mul"};
    char names[6][64];
    for (int i = 0; i < 6; i++)
        snprintf(names[i], sizeof names[i], "%s.%s", prefix, leaves[i]);
    const nn_value parts[] = {
        nn_layer_reduce(g, names[0], x, NN_REDUCE_MEAN, AXIS_C, 1),
        nn_layer_reduce(g, names[1], x, NN_REDUCE_MAX, AXIS_C, 1),
    };
    nn_value a = nn_layer_concat(g, names[2], parts, 2, 1);
    a = nn_layer_conv(g, names[3], a,
                      &(nn_conv_spec){.in = 2, .out = 1, .kernel = 7, .stride = 1, .pad = 3});
    a = nn_layer_act(g, names[4], a, NN_ACT_SIGMOID);
    return nn_layer_mul(g, names[5], x, a);
}

typedef struct squeeze_params {
    nn_value weight1, bias1, weight2, bias2;
} squeeze_params;

// The two linear layers of block 5 on a pooled vector; `path` distinguishes the nodes of its two
// uses.
static nn_value add_squeeze(nn_graph *g, const char *path, nn_value x, nn_reduce kind,
                            const squeeze_params *p)
{
    static const char *const leaves[] = {"pool", "fc1", "relu", "fc2"};
    char names[4][64];
    for (int i = 0; i < 4; i++)
        snprintf(names[i], sizeof names[i], "block5.%s.%s", path, leaves[i]);
    x = nn_layer_reduce(g, names[0], x, kind, AXES_HW, 0);
    x = nn_layer_linear_with(g, names[1], x, p->weight1, p->bias1);
    x = nn_layer_act(g, names[2], x, NN_ACT_RELU);
    return nn_layer_linear_with(g, names[3], x, p->weight2, p->bias2);
}

// Block 5: squeeze-and-excitation ("se", Hu 2018) or CBAM ("cbam", Woo 2018).
static nn_value add_channel_attention(nn_graph *g, nn_value x, int c, const char *kind)
{
    if (kind[0] == 'n')
        return x;
    int squeezed = c / 16 < 8 ? 8 : c / 16;
    const squeeze_params p = {
        nn_layer_param(g, "block5.fc1", "weight", NN_PARAM_WEIGHT, nn_shape_2d(squeezed, c)),
        nn_layer_param(g, "block5.fc1", "bias", NN_PARAM_BIAS, nn_shape_1d(squeezed)),
        nn_layer_param(g, "block5.fc2", "weight", NN_PARAM_WEIGHT, nn_shape_2d(c, squeezed)),
        nn_layer_param(g, "block5.fc2", "bias", NN_PARAM_BIAS, nn_shape_1d(c)),
    };
    bool cbam = kind[0] == 'c';
    nn_value a = add_squeeze(g, "mean", x, NN_REDUCE_MEAN, &p);
    if (cbam)
        a = nn_layer_add(g, "block5.add", a, add_squeeze(g, "max", x, NN_REDUCE_MAX, &p));
    a = nn_layer_act(g, "block5.sigmoid", a, NN_ACT_SIGMOID);
    const nn_reshape_params as_map = {.rank = 4, .dim = {0, 0, 1, 1}};
    a = nn_graph_node(g, &nn_op_reshape, "block5.reshape", &as_map, &a, 1);
    x = nn_layer_mul(g, "block5.mul", x, a);
    return cbam ? add_spatial_attention(g, "block5.spatial", x) : x;
}

// Block 6: one depthwise kernel; the scale of the input selects its 3x3, 5x5 or 7x7 form.
static nn_value add_core(nn_graph *g, nn_value x, nn_value image, int in, int out)
{
    const nn_value parts[] = {
        nn_layer_param(g, "block6", "master", NN_PARAM_WEIGHT, nn_shape_4d(in, 1, 7, 7)),
        nn_layer_param(g, "block6", "to5", NN_PARAM_WEIGHT, nn_shape_2d(25, 25)),
        nn_layer_param(g, "block6", "to3", NN_PARAM_WEIGHT, nn_shape_2d(9, 9)),
        image,
    };
    nn_value kernel = nn_graph_node(g, &nn_op_elastic_kernel, "block6.kernel", NULL, parts, 4);
    x = nn_layer_conv_with(g, "block6.depthwise", x, kernel, NN_NO_VALUE,
                           &(nn_conv_spec){.stride = 1, .pad = -1, .groups = in});
    return conv_bn_act(g, "block6.pointwise", "block6.bn", "block6.silu", x,
                       (nn_conv_spec){.in = in, .out = out, .kernel = 1, .stride = 1}, NN_ACT_SILU);
}

// Rate of stochastic depth of residual part `i`: 0 the dense block, then the transformer layers. It
// grows linearly to that of the last one (Huang 2016, section 3).
static float skip_rate(const nn_zoo_options *o, int i)
{
    return o->stochastic_depth * (float)(i + 1) / (float)(o->transformer + 1);
}

static nn_value add_features(nn_graph *g, nn_value image, const nn_zoo_options *o,
                             nn_zoo_features *out)
{
    int w32 = scale_width(32, o->alpha), w64 = scale_width(64, o->alpha);
    int w128 = scale_width(128, o->alpha), w256 = scale_width(256, o->alpha);
    int w384 = scale_width(384, o->alpha), layers = (int)(4 * (double)o->beta + 0.5);
    nn_value x = add_dual_scale(g, image, w64);
    nn_value f4 =
        add_dense_residual(g, x, w64, w128, w32, layers < 1 ? 1 : layers, skip_rate(o, 0));
    nn_value f8 = add_multi_scale_pool(g, f4, w128);
    x = add_separable(g, f8, w128, w256);
    x = add_channel_attention(g, x, w256, o->attention);
    x = add_core(g, x, image, w256, w384);
    // Block 7: 1x1 compression, batch norm, SiLU, dropout.
    x = conv_bn_act(g, "block7.conv", "block7.bn", "block7.silu", x,
                    (nn_conv_spec){.in = w384, .out = w256, .kernel = 1, .stride = 1}, NN_ACT_SILU);
    nn_value f16 = nn_layer_dropout(g, "block7.drop", x, 0.2f * o->drop, 0);
    for (int i = 0; i < o->transformer; i++)
        f16 = nn_zoo_encoder_layer(g, NAME("transformer.%d", i), f16, w256, HEADS,
                                   skip_rate(o, i + 1));
    nn_zoo_tap(out, 4, f4, w128);
    nn_zoo_tap(out, 8, f8, w128);
    nn_zoo_tap(out, 16, f16, w256);
    if (out->stride > 0)
        nn_zoo_tap_rest(g, out);
    return f16;
}

static void build_features(nn_graph *g, nn_value image, const nn_zoo_net *net,
                           const nn_zoo_options *o, nn_zoo_features *out)
{
    (void)net;
    add_features(g, image, o, out);
}

static void build_classifier(nn_graph *g, nn_value image, const nn_zoo_net *net,
                             const nn_zoo_options *o)
{
    nn_zoo_features f = {0};
    (void)net;
    const int w256 = scale_width(256, o->alpha), w512 = scale_width(512, o->alpha);
    nn_value x = add_spatial_attention(g, "attention", add_features(g, image, o, &f));
    x = nn_layer_global_avg_pool(g, "pool", x);
    x = nn_layer_linear(g, "fc1", x, w256, w512, 1);
    x = nn_layer_act(g, "relu", x, NN_ACT_RELU);
    x = nn_layer_dropout(g, "drop", x, 0.2f * o->drop, 0);
    nn_graph_output(g, "output", nn_layer_linear(g, "fc2", x, w512, o->classes, 1));
}

#define OPTIONS "classes,alpha,beta,attention,transformer,stochastic_depth,drop"
// phi = -6, "nano", is width 1/4, depth 1/2 and an input of 160: neroscale_alexpp_nano at that
// size.
static const nn_zoo_scaling scaling = {.depth = 1.1225, .width = 1.2599, .input = 1.0577};

#define SKIP 0.1f // default rate of stochastic depth
#define NET(word, text, ...)                                                                       \
    const nn_zoo_net nn_zoo_##word = {                                                             \
        .name = #word,                                                                             \
        .summary = "NeroScale Alex++Net: " text,                                                   \
        .mean = {0.5f, 0.5f, 0.5f},                                                                \
        .std = {0.5f, 0.5f, 0.5f},                                                                 \
        .features = build_features,                                                                \
        .classify = build_classifier,                                                              \
        __VA_ARGS__,                                                                               \
    }

NET(neroscale_alexpp, "two-scale stem, dense block, attention, adaptive kernel core (NeroScale)",
    .option_names = OPTIONS ",scale", .scaling = &scaling,
    .defaults = {.classes = 1000,
                 .alpha = 1,
                 .beta = 1,
                 .attention = "se",
                 .stochastic_depth = SKIP,
                 .drop = 1},
    .input_h = 224, .input_w = 224);
NET(neroscale_alexpp_nano, "a quarter of the width, half the depth (NeroScale)",
    .option_names = OPTIONS,
    .defaults = {.classes = 20,
                 .alpha = 0.25f,
                 .beta = 0.5f,
                 .attention = "se",
                 .stochastic_depth = SKIP,
                 .drop = 1},
    .input_h = 224, .input_w = 224);
NET(neroscale_alexpp_cbam_s384, "half the width, CBAM attention, 5x5 core (NeroScale)",
    .option_names = OPTIONS,
    .defaults = {.classes = 20,
                 .alpha = 0.5f,
                 .beta = 0.75f,
                 .attention = "cbam",
                 .stochastic_depth = SKIP,
                 .drop = 1},
    .input_h = 384, .input_w = 384);
NET(neroscale_alexpp_vit_s576, "half the width, a transformer layer, 7x7 core (NeroScale)",
    .option_names = OPTIONS,
    .defaults = {.classes = 20,
                 .alpha = 0.5f,
                 .beta = 1,
                 .attention = "se",
                 .transformer = 1,
                 .stochastic_depth = SKIP,
                 .drop = 1},
    .input_h = 576, .input_w = 576);
