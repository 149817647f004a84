// SPDX-License-Identifier: MIT
// Builders of layers: a node together with its named parameters.
#include "nn/zoo/layers.h"

#include <stdarg.h>
#include <stdio.h>

nn_layer_name nn_layer_name_of(const char *format, ...)
{
    nn_layer_name name;
    va_list args;
    va_start(args, format);
    vsnprintf(name.text, sizeof name.text, format, args);
    va_end(args);
    return name;
}

nn_value nn_layer_param(nn_graph *g, const char *prefix, const char *leaf, nn_param_kind kind,
                        nn_shape shape)
{
    char name[256];
    if ((size_t)snprintf(name, sizeof name, "%s.%s", prefix, leaf) >= sizeof name)
        return nn_graph_fail(g, NN_EINVAL, "the name %.40s... is too long", prefix);
    return nn_graph_param(g, name, kind, &shape);
}

nn_value nn_layer_conv_with(nn_graph *g, const char *name, nn_value x, nn_value weight,
                            nn_value bias, const nn_conv_spec *s)
{
    int dilation = s->dilation ? s->dilation : 1, pad_w = s->kernel_w ? s->pad_w : s->pad;
    const nn_conv2d_params params = {
        .stride = {s->stride, s->stride},
        .dilation = {dilation, dilation},
        .pad = {s->pad, pad_w, s->pad, pad_w},
        .groups = s->groups ? s->groups : 1,
    };
    return nn_graph_node(g, &nn_op_conv2d, name, &params, (const nn_value[]){x, weight, bias}, 3);
}

nn_value nn_layer_conv(nn_graph *g, const char *prefix, nn_value x, const nn_conv_spec *s)
{
    int groups = s->groups ? s->groups : 1;
    if (s->out == 0)
        return x;
    nn_value weight = nn_layer_param(
        g, prefix, "weight", NN_PARAM_WEIGHT,
        nn_shape_4d(s->out, s->in / groups, s->kernel, s->kernel_w ? s->kernel_w : s->kernel));
    nn_value bias = NN_NO_VALUE;
    if (s->bias)
        bias = nn_layer_param(g, prefix, "bias", NN_PARAM_BIAS, nn_shape_1d(s->out));
    return nn_layer_conv_with(g, prefix, x, weight, bias, s);
}

nn_value nn_layer_linear_with(nn_graph *g, const char *name, nn_value x, nn_value weight,
                              nn_value bias)
{
    const nn_linear_params params = {NN_ACT_NONE};
    return nn_graph_node(g, &nn_op_linear, name, &params, (const nn_value[]){x, weight, bias}, 3);
}

nn_value nn_layer_linear(nn_graph *g, const char *prefix, nn_value x, int in, int out, int bias)
{
    if (out == 0)
        return x;
    nn_value weight = nn_layer_param(g, prefix, "weight", NN_PARAM_WEIGHT, nn_shape_2d(out, in));
    nn_value b = NN_NO_VALUE;
    if (bias)
        b = nn_layer_param(g, prefix, "bias", NN_PARAM_BIAS, nn_shape_1d(out));
    return nn_layer_linear_with(g, prefix, x, weight, b);
}

nn_value nn_layer_batch_norm(nn_graph *g, const char *prefix, nn_value x, int channels, float eps)
{
    const nn_shape shape = nn_shape_1d(channels);
    const nn_value in[] = {
        x,
        nn_layer_param(g, prefix, "weight", NN_PARAM_BIAS, shape),
        nn_layer_param(g, prefix, "bias", NN_PARAM_BIAS, shape),
        nn_layer_param(g, prefix, "running_mean", NN_PARAM_BUFFER, shape),
        nn_layer_param(g, prefix, "running_var", NN_PARAM_BUFFER, shape),
    };
    const nn_batch_norm_params params = {.eps = eps, .momentum = 0.1f};
    return nn_graph_node(g, &nn_op_batch_norm, prefix, &params, in, 5);
}

nn_value nn_layer_act(nn_graph *g, const char *name, nn_value x, nn_act act)
{
    const nn_act_node *node = nn_act_node_of(act);
    return act == NN_ACT_NONE ? x : nn_graph_node(g, node->op, name, node->params, &x, 1);
}

static nn_value add_pool(nn_graph *g, const nn_op *op, const char *name, nn_value x, int kernel,
                         int stride, int pad, int ceil_mode, int count_include_pad)
{
    const nn_pool2d_params params = {
        .kernel = {kernel, kernel},
        .stride = {stride, stride},
        .pad = {pad, pad, pad, pad},
        .ceil_mode = ceil_mode,
        .count_include_pad = count_include_pad,
    };
    return nn_graph_node(g, op, name, &params, &x, 1);
}

nn_value nn_layer_max_pool(nn_graph *g, const char *name, nn_value x, int kernel, int stride,
                           int pad, int ceil_mode)
{
    return add_pool(g, &nn_op_max_pool, name, x, kernel, stride, pad, ceil_mode, 1);
}

nn_value nn_layer_avg_pool(nn_graph *g, const char *name, nn_value x, int kernel, int stride,
                           int pad)
{
    return add_pool(g, &nn_op_avg_pool, name, x, kernel, stride, pad, 0, 1);
}

nn_value nn_layer_avg_pool_inside(nn_graph *g, const char *name, nn_value x, int kernel, int stride,
                                  int pad)
{
    return add_pool(g, &nn_op_avg_pool, name, x, kernel, stride, pad, 0, 0);
}

nn_value nn_layer_adaptive_avg_pool(nn_graph *g, const char *name, nn_value x, int size)
{
    const nn_adaptive_pool_params params = {{size, size}};
    return nn_graph_node(g, &nn_op_adaptive_avg_pool, name, &params, &x, 1);
}

nn_value nn_layer_global_avg_pool(nn_graph *g, const char *name, nn_value x)
{
    return nn_layer_reduce(g, name, x, NN_REDUCE_MEAN, 1 << 2 | 1 << 3, 0);
}

nn_value nn_layer_local_response_norm(nn_graph *g, const char *name, nn_value x, int size,
                                      float alpha, float beta, float k)
{
    const nn_lrn_params params = {size, alpha, beta, k};
    return nn_graph_node(g, &nn_op_local_response_norm, name, &params, &x, 1);
}

nn_value nn_layer_layer_norm(nn_graph *g, const char *prefix, nn_value x, int channels, float eps)
{
    const nn_shape shape = nn_shape_1d(channels);
    const nn_value in[] = {
        x,
        nn_layer_param(g, prefix, "weight", NN_PARAM_BIAS, shape),
        nn_layer_param(g, prefix, "bias", NN_PARAM_BIAS, shape),
    };
    return nn_graph_node(g, &nn_op_layer_norm, prefix, &(nn_layer_norm_params){eps}, in, 3);
}

nn_value nn_layer_flatten(nn_graph *g, const char *name, nn_value x, int axis)
{
    return nn_graph_node(g, &nn_op_flatten, name, &(nn_flatten_params){axis}, &x, 1);
}

nn_value nn_layer_concat(nn_graph *g, const char *name, const nn_value *x, int n, int axis)
{
    return nn_graph_node(g, &nn_op_concat, name, &(nn_concat_params){axis}, x, n);
}

nn_value nn_layer_reduce(nn_graph *g, const char *name, nn_value x, nn_reduce kind, int axes,
                         int keep_dims)
{
    const nn_reduce_params params = {(int32_t)kind, axes, keep_dims};
    return nn_graph_node(g, &nn_op_reduce, name, &params, &x, 1);
}

nn_value nn_layer_dropout(nn_graph *g, const char *name, nn_value x, float p, int per_sample)
{
    if (p <= 0)
        return x;
    const nn_dropout_params params = {p, per_sample};
    return nn_graph_node(g, &nn_op_dropout, name, &params, &x, 1);
}

nn_value nn_layer_stochastic_depth(nn_graph *g, const char *prefix, nn_value x, float rate,
                                   int block, int blocks)
{
    const float p = blocks > 1 ? rate * (float)block / (float)(blocks - 1) : rate;
    return nn_layer_dropout(g, NAME("%s.stochastic_depth", prefix), x, p, 1);
}

nn_value nn_layer_add(nn_graph *g, const char *name, nn_value a, nn_value b)
{
    return nn_graph_node(g, &nn_op_add, name, NULL, (const nn_value[]){a, b}, 2);
}

nn_value nn_layer_mul(nn_graph *g, const char *name, nn_value a, nn_value b)
{
    return nn_graph_node(g, &nn_op_mul, name, NULL, (const nn_value[]){a, b}, 2);
}

nn_value nn_layer_pixel_shuffle(nn_graph *g, const char *name, nn_value x, int factor)
{
    return nn_graph_node(g, &nn_op_pixel_shuffle, name, &(nn_pixel_shuffle_params){factor}, &x, 1);
}
