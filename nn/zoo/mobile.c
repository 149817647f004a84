// SPDX-License-Identifier: MIT
// What networks of depthwise convolutions share, with torchvision's names.
#include "nn/zoo/mobile.h"

int nn_mobile_width(double channels)
{
    const int near = (int)(channels + 4) / 8 * 8, width = near < 8 ? 8 : near;
    return width < 0.9 * channels ? width + 8 : width;
}

nn_value nn_mobile_conv(nn_graph *g, const char *prefix, nn_value x, int in, int out, int kernel,
                        int stride, int groups, nn_act act, float eps)
{
    const nn_conv_spec spec = {.in = in,
                               .out = out,
                               .kernel = kernel,
                               .stride = stride,
                               .pad = (kernel - 1) / 2,
                               .groups = groups};
    x = nn_layer_conv(g, NAME("%s.0", prefix), x, &spec);
    x = nn_layer_batch_norm(g, NAME("%s.1", prefix), x, out, eps);
    return nn_layer_act(g, NAME("%s.2", prefix), x, act);
}

nn_value nn_mobile_squeeze(nn_graph *g, const char *prefix, nn_value x, int channels, int squeezed,
                           nn_act act, bool hard)
{
    const nn_pointwise_params gate = {NN_POINTWISE_HARD_SIGMOID, 1.0f / 6, 0.5f};
    const nn_conv_spec fc1 = {.in = channels, .out = squeezed, .kernel = 1, .stride = 1, .bias = 1},
                       fc2 = {.in = squeezed, .out = channels, .kernel = 1, .stride = 1, .bias = 1};
    nn_value y =
        nn_layer_reduce(g, NAME("%s.avgpool", prefix), x, NN_REDUCE_MEAN, 1 << 2 | 1 << 3, 1);
    y = nn_layer_conv(g, NAME("%s.fc1", prefix), y, &fc1);
    y = nn_layer_act(g, NAME("%s.activation", prefix), y, act);
    y = nn_layer_conv(g, NAME("%s.fc2", prefix), y, &fc2);
    y = hard ? nn_graph_node(g, &nn_op_pointwise, NAME("%s.gate", prefix), &gate, &y, 1)
             : nn_layer_act(g, NAME("%s.gate", prefix), y, NN_ACT_SIGMOID);
    return nn_layer_mul(g, NAME("%s.scale", prefix), x, y);
}
