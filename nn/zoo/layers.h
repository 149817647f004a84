// SPDX-License-Identifier: MIT
// Builders of layers: a node together with its named parameters.
#ifndef NN_ZOO_LAYERS_H
#define NN_ZOO_LAYERS_H

#include "nn/graph/graph.h"
#include "nn/ops/ops.h"

// Every function names its node `prefix` and its parameters PREFIX.weight, PREFIX.bias, ..., as
// PyTorch does. Channel counts are arguments, because a graph has no shapes yet. A convolution or a
// linear layer with 0 outputs is x itself: networks of 0 classes give features.

typedef struct nn_conv_spec {
    int in, out, kernel, stride, pad;
    int dilation; // 0: 1
    int groups;   // 0: 1
    int bias;     // 1: has PREFIX.bias
    int kernel_w; // 0: square; otherwise kernel and pad are the vertical ones
    int pad_w;    // horizontal, when kernel_w is given
} nn_conv_spec;

// A formatted name for use within one expression: NAME("layer%d.conv", i).
typedef struct nn_layer_name {
    char text[96];
} nn_layer_name;
nn_layer_name nn_layer_name_of(const char *format, ...) __attribute__((format(printf, 1, 2)));
#define NAME(...) (nn_layer_name_of(__VA_ARGS__).text)

// A parameter PREFIX.LEAF, for parameters without a layer of their own.
nn_value nn_layer_param(nn_graph *g, const char *prefix, const char *leaf, nn_param_kind kind,
                        nn_shape shape);
// pad = -1: "same" padding for the kernel size at run time.
nn_value nn_layer_conv(nn_graph *g, const char *prefix, nn_value x, const nn_conv_spec *s);
// The same with a weight (and bias, or NN_NO_VALUE) that is a value of the graph.
nn_value nn_layer_conv_with(nn_graph *g, const char *name, nn_value x, nn_value weight,
                            nn_value bias, const nn_conv_spec *s);
nn_value nn_layer_linear(nn_graph *g, const char *prefix, nn_value x, int in, int out, int bias);
nn_value nn_layer_linear_with(nn_graph *g, const char *name, nn_value x, nn_value weight,
                              nn_value bias);
nn_value nn_layer_batch_norm(nn_graph *g, const char *prefix, nn_value x, int channels, float eps);
nn_value nn_layer_act(nn_graph *g, const char *name, nn_value x, nn_act act);
nn_value nn_layer_max_pool(nn_graph *g, const char *name, nn_value x, int kernel, int stride,
                           int pad, int ceil_mode);
nn_value nn_layer_avg_pool(nn_graph *g, const char *name, nn_value x, int kernel, int stride,
                           int pad);
// Divides by the number of pixels without padding.
nn_value nn_layer_avg_pool_inside(nn_graph *g, const char *name, nn_value x, int kernel, int stride,
                                  int pad);
nn_value nn_layer_adaptive_avg_pool(nn_graph *g, const char *name, nn_value x, int size);
// Mean over the image: (N,C,H,W) -> (N,C).
nn_value nn_layer_global_avg_pool(nn_graph *g, const char *name, nn_value x);
nn_value nn_layer_local_response_norm(nn_graph *g, const char *name, nn_value x, int size,
                                      float alpha, float beta, float k);
nn_value nn_layer_layer_norm(nn_graph *g, const char *prefix, nn_value x, int channels, float eps);
nn_value nn_layer_flatten(nn_graph *g, const char *name, nn_value x, int axis);
nn_value nn_layer_concat(nn_graph *g, const char *name, const nn_value *x, int n, int axis);
nn_value nn_layer_reduce(nn_graph *g, const char *name, nn_value x, nn_reduce kind, int axes,
                         int keep_dims);
nn_value nn_layer_dropout(nn_graph *g, const char *name, nn_value x, float p, int per_sample);
// Stochastic depth (Huang 2016): in training the branch x of residual block `block` (from 0) of
// `blocks` is zeroed at a rate that grows linearly, 0 for the first and `rate` for the last, and
// otherwise divided by 1 - its rate, so that its expectation stays. Each picture of a batch draws
// for itself ("row" mode of torchvision), by the seed and its place in the batch of all processes.
// In inference x passes unchanged. Rate 0 adds no node.
nn_value nn_layer_stochastic_depth(nn_graph *g, const char *prefix, nn_value x, float rate,
                                   int block, int blocks);
nn_value nn_layer_add(nn_graph *g, const char *name, nn_value a, nn_value b);
nn_value nn_layer_mul(nn_graph *g, const char *name, nn_value a, nn_value b);

// Channels become pixels: factor^2 of them a square.
nn_value nn_layer_pixel_shuffle(nn_graph *g, const char *name, nn_value x, int factor);

#endif
