// SPDX-License-Identifier: MIT
// Vision transformers with torchvision's names. Position embeddings are those of 224x224 pixels,
// resized to the cells of other inputs (Dosovitskiy 2021, section 3.2).
#include "nn/zoo/encoder.h"
#include "nn/zoo/layers.h"
#include "nn/zoo/zoo.h"

#define LN_EPS 1e-6f

enum { SIZE = 224 };

typedef struct design {
    int patch, layers, heads, channels, hidden;
} design;

static nn_value transpose(nn_graph *g, const char *name, nn_value x)
{
    return nn_graph_node(g, &nn_op_transpose, name, &(nn_transpose_params){3, {0, 2, 1}}, &x, 1);
}

static nn_value slice_tokens(nn_graph *g, const char *name, nn_value x, int begin, int end)
{
    const nn_slice_params p = {.axis = 1, .begin = begin, .end = end, .step = 1};
    return nn_graph_node(g, &nn_op_slice, name, &p, &x, 1);
}

// (1, 1 + cells, C): what is added to the tokens, for the cells of `map`. The class token is the
// sum of its own value and its position.
static nn_value add_positions(nn_graph *g, nn_value map, const design *d)
{
    const int side = SIZE / d->patch, c = d->channels;
    const nn_shape positions = {3, {1, 1 + side * side, c}}, token = {3, {1, 1, c}};
    const nn_value class_token = nn_graph_param(g, "class_token", NN_PARAM_BIAS, &token);
    const nn_value all = nn_layer_param(g, "encoder", "pos_embedding", NN_PARAM_BIAS, positions);
    const nn_value first = slice_tokens(g, "positions.class", all, 0, 1);
    nn_value cells = slice_tokens(g, "positions.cells", all, 1, INT32_MAX);
    cells = transpose(g, "positions.channels", cells);
    const nn_reshape_params square = {4, {1, c, side, side}};
    cells = nn_graph_node(g, &nn_op_reshape, "positions.map", &square, &cells, 1);
    const nn_resize_params bilinear = {.mode = NN_RESIZE_BILINEAR};
    cells = nn_graph_node(g, &nn_op_resize, "positions.resize", &bilinear,
                          (const nn_value[]){cells, map}, 2);
    cells = nn_layer_flatten(g, "positions.flatten", cells, 2);
    cells = transpose(g, "positions.tokens", cells);
    const nn_value parts[] = {nn_layer_add(g, "positions.first", class_token, first), cells};
    return nn_layer_concat(g, "positions", parts, 2, 1);
}

// Encoder layer `index`: attention, then two linear layers, both on the side of a sum.
static nn_value add_layer(nn_graph *g, int index, nn_value x, const design *d, float rate)
{
    const nn_layer_name name = nn_layer_name_of("encoder.layers.encoder_layer_%d", index);
    const char *const prefix = name.text;
    const int c = d->channels;
    const nn_layer_name self = nn_layer_name_of("%s.self_attention", prefix);
    const nn_value weight = nn_layer_param(g, self.text, "in_proj_weight", NN_PARAM_WEIGHT,
                                           nn_shape_2d(3 * c, c)),
                   bias = nn_layer_param(g, self.text, "in_proj_bias", NN_PARAM_BIAS,
                                         nn_shape_1d(3 * c));
    nn_value y = nn_layer_layer_norm(g, NAME("%s.ln_1", prefix), x, c, LN_EPS);
    y = nn_layer_linear_with(g, NAME("%s.in_proj", self.text), y, weight, bias);
    y = nn_zoo_attention(g, self.text, y, c, d->heads);
    y = nn_layer_linear(g, NAME("%s.out_proj", self.text), y, c, c, 1);
    y = nn_layer_stochastic_depth(g, self.text, y, rate, index, d->layers);
    x = nn_layer_add(g, NAME("%s.add_1", prefix), x, y);
    y = nn_layer_layer_norm(g, NAME("%s.ln_2", prefix), x, c, LN_EPS);
    y = nn_layer_linear(g, NAME("%s.mlp.0", prefix), y, c, d->hidden, 1);
    y = nn_layer_act(g, NAME("%s.mlp.1", prefix), y, NN_ACT_GELU);
    y = nn_layer_linear(g, NAME("%s.mlp.3", prefix), y, d->hidden, c, 1);
    y = nn_layer_stochastic_depth(g, NAME("%s.mlp", prefix), y, rate, index, d->layers);
    return nn_layer_add(g, NAME("%s.add_2", prefix), x, y);
}

// The tokens behind the last norm; *map is the map of patches.
static nn_value add_tokens(nn_graph *g, nn_value image, const design *d, const nn_zoo_options *o,
                           nn_value *map)
{
    const nn_conv_spec patches = {
        .in = 3, .out = d->channels, .kernel = d->patch, .stride = d->patch, .bias = 1};
    *map = nn_layer_conv(g, "conv_proj", image, &patches);
    nn_value x = nn_layer_flatten(g, "flatten", *map, 2);
    x = transpose(g, "tokens", x);
    const nn_pad_params place = {.rank = 3, .begin = {0, 1, 0}, .mode = NN_PAD_CONSTANT};
    x = nn_graph_node(g, &nn_op_pad, "class", &place, &x, 1);
    x = nn_layer_add(g, "encoder.embed", x, add_positions(g, *map, d));
    for (int i = 0; i < d->layers; i++)
        x = add_layer(g, i, x, d, o->stochastic_depth);
    return nn_layer_layer_norm(g, "encoder.ln", x, d->channels, LN_EPS);
}

// The map of the last layer at another stride, without parameters.
static nn_value resize_map(nn_graph *g, nn_value map, int patch, int stride)
{
    const float scale = (float)patch / (float)stride;
    const nn_resize_params up = {.mode = NN_RESIZE_BILINEAR, .scale = {scale, scale}};
    if (stride > patch)
        return nn_layer_max_pool(g, NAME("map%d", stride), map, stride / patch, stride / patch, 0,
                                 0);
    return stride == patch ? map
                           : nn_graph_node(g, &nn_op_resize, NAME("map%d", stride), &up, &map, 1);
}

// A plain backbone's pyramid is made of its last map (Li 2022, Exploring plain vision transformer
// backbones for object detection).
static void build_features(nn_graph *g, nn_value image, const nn_zoo_net *net,
                           const nn_zoo_options *o, nn_zoo_features *out)
{
    const design *d = net->design;
    nn_value map;
    nn_value x = slice_tokens(g, "cells", add_tokens(g, image, d, o, &map), 1, INT32_MAX);
    x = transpose(g, "channels", x);
    x = nn_graph_node(g, &nn_op_reshape, "map", &(nn_reshape_params){0}, (const nn_value[]){x, map},
                      2);
    for (int i = 0; i < 3; i++) {
        out->map[i] = resize_map(g, x, d->patch, out->stride << i);
        out->channels[i] = d->channels;
    }
}

static void build(nn_graph *g, nn_value image, const nn_zoo_net *net, const nn_zoo_options *o)
{
    const design *d = net->design;
    nn_value map, x = add_tokens(g, image, d, o, &map);
    x = nn_layer_flatten(g, "class_token.out", slice_tokens(g, "first", x, 0, 1), 1);
    nn_graph_output(g, "output", nn_layer_linear(g, "heads.head", x, d->channels, o->classes, 1));
}

#define NET(word, text, ...)                                                                       \
    const nn_zoo_net nn_zoo_vit_##word = {                                                         \
        .name = "vit_" #word,                                                                      \
        .summary = text " (Dosovitskiy 2021)",                                                     \
        .option_names = "classes,stochastic_depth",                                                \
        .defaults = {.classes = 1000, .drop = 1},                                                  \
        .input_h = SIZE,                                                                           \
        .input_w = SIZE,                                                                           \
        .mean = NN_ZOO_IMAGENET_MEAN,                                                              \
        .std = NN_ZOO_IMAGENET_STD,                                                                \
        .design = &(const design)__VA_ARGS__,                                                      \
        .finest = 8,                                                                               \
        .features = build_features,                                                                \
        .classify = build,                                                                         \
    }

NET(s_16, "vision transformer, small, patches of 16", {16, 12, 6, 384, 1536});
NET(b_16, "vision transformer, base, patches of 16", {16, 12, 12, 768, 3072});
NET(b_32, "vision transformer, base, patches of 32", {32, 12, 12, 768, 3072});
