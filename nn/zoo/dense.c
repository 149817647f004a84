// SPDX-License-Identifier: MIT
// Neck, towers and the outputs of classes and boxes. FCOS (Tian 2019); the neck is a feature
// pyramid (Lin 2017) with concatenation.
#include "nn/zoo/dense.h"

#include "nn/base/rng.h"
#include "nn/zoo/layers.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define BN_EPS 1e-5f
// A cell starts with 1 % for every class, so that the many empty cells do not dominate the first
// steps (RetinaNet, Lin 2017, section 4.1).
#define PRIOR 0.01f
#define DEVIATION 0.01f // of the initial weights of outputs

enum { LEVELS = 3, FIRST_STRIDE = 4, LAST_STRIDE = 64 };

// Whether "4+8+16" contains `stride`.
static bool has_level(const char *levels, int stride)
{
    char word[8];
    int n = snprintf(word, sizeof word, "%d", stride);
    for (const char *p = levels; *p; p += strcspn(p, "+"), p += *p == '+')
        if (strncmp(p, word, (size_t)n) == 0 && (p[n] == '+' || p[n] == '\0'))
            return true;
    return false;
}

nn_value nn_dense_conv(nn_graph *g, const char *prefix, nn_value x, int in, int out, int kernel)
{
    const nn_conv_spec spec = {
        .in = in, .out = out, .kernel = kernel, .stride = 1, .pad = kernel / 2};
    x = nn_layer_conv(g, NAME("%s.conv", prefix), x, &spec);
    x = nn_layer_batch_norm(g, NAME("%s.bn", prefix), x, out, BN_EPS);
    return nn_layer_act(g, NAME("%s.silu", prefix), x, NN_ACT_SILU);
}

nn_value nn_dense_fuse(nn_graph *g, const char *prefix, nn_value coarse, int coarse_c,
                       nn_value fine, int fine_c, int out)
{
    const nn_resize_params nearest = {.mode = NN_RESIZE_NEAREST};
    const nn_value resize[] = {coarse, fine};
    const nn_value parts[] = {
        nn_graph_node(g, &nn_op_resize, NAME("%s.up", prefix), &nearest, resize, 2), fine};
    nn_value x = nn_layer_concat(g, NAME("%s.concat", prefix), parts, 2, 1);
    return nn_dense_conv(g, prefix, x, coarse_c + fine_c, out, 3);
}

// The output "WORDS" (N,channels,H,W).
static void add_output(nn_graph *g, const char *word, nn_value x, int stride, int channels,
                       const nn_zoo_options *o)
{
    const nn_conv_spec spec = {.in = o->neck, .out = channels, .kernel = 1, .stride = 1, .bias = 1};
    nn_graph_output(g, NAME("%s%d", word, stride),
                    nn_layer_conv(g, NAME("head.%s%d", word, stride), x, &spec));
}

void nn_dense_output(nn_graph *g, const char *word, nn_value x, int stride, int channels,
                     const nn_zoo_options *o)
{
    x = nn_dense_conv(g, NAME("head.%s_tower%d", word, stride), x, o->neck, o->neck, 3);
    add_output(g, word, x, stride, channels, o);
}

static void add_level(nn_graph *g, nn_value x, int stride, const nn_zoo_options *o)
{
    x = nn_dense_conv(g, NAME("head.tower%d", stride), x, o->neck, o->neck, 3);
    add_output(g, "cls", x, stride, o->classes, o);
    add_output(g, "box", x, stride, 4, o);
}

nn_value nn_dense_build(nn_graph *g, const nn_zoo_features *f, const nn_zoo_options *o,
                        nn_dense_branch *branch)
{
    const int c = o->neck, half = c / 2 > 0 ? c / 2 : 1, first = f->stride;
    const int stride[LEVELS] = {first, 2 * first, 4 * first};
    bool want[LEVELS];
    nn_value level[LEVELS] = {0}, finest = NN_NO_VALUE;
    for (int i = 0; i < LEVELS; i++)
        want[i] = has_level(o->levels, stride[i]);
    nn_value top = nn_dense_conv(g, NAME("head.lat%d", stride[2]), f->map[2], f->channels[2], c, 1);
    if (want[2])
        level[2] = nn_dense_conv(g, NAME("head.smooth%d", stride[2]), top, c, c, 3);
    if (want[0] || want[1])
        level[1] =
            nn_dense_fuse(g, NAME("head.fuse%d", stride[1]), top, c, f->map[1], f->channels[1], c);
    if (want[0]) {
        nn_value middle = nn_dense_conv(g, NAME("head.lat%d", stride[1]), level[1], c, half, 1);
        level[0] = nn_dense_fuse(g, NAME("head.fuse%d", stride[0]), middle, half, f->map[0],
                                 f->channels[0], c);
    }
    for (int i = 0; i < LEVELS; i++) {
        if (!want[i])
            continue;
        finest = finest == NN_NO_VALUE ? level[i] : finest;
        add_level(g, level[i], stride[i], o);
        if (branch)
            branch(g, level[i], stride[i], o);
    }
    return finest;
}

void nn_dense_defaults(nn_zoo_options *o)
{
    snprintf(o->levels, sizeof o->levels, "8");
    o->neck = 48;
    o->drop = 0; // boxes need every feature
}

// Draws the weights of a layer of a level; NULL when there is none, else its biases.
static nn_tensor *start_layer(nn_model *m, uint64_t seed, const char *word, int stride)
{
    nn_tensor *bias = nn_model_param(m, NAME("head.%s%d.bias", word, stride));
    nn_layer_name name = nn_layer_name_of("head.%s%d.weight", word, stride);
    nn_tensor *t = nn_model_param(m, name.text);
    nn_rng rng = nn_rng_stream(seed, nn_hash_name(name.text));
    for (int64_t i = 0, n = t ? nn_shape_count(&t->shape) : 0; i < n; i++)
        nn_tensor_f32(t)[i] = DEVIATION * nn_rng_normal(&rng);
    return bias;
}

void nn_dense_start(nn_model *m, uint64_t seed, const char *word, const float *bias, int period)
{
    for (int stride = FIRST_STRIDE; stride <= LAST_STRIDE; stride *= 2) {
        nn_tensor *to = start_layer(m, seed, word, stride);
        for (int64_t k = 0, n = to ? nn_shape_count(&to->shape) : 0; k < n; k++)
            nn_tensor_f32(to)[k] = bias[k % period];
    }
}

void nn_dense_init(nn_model *m, uint64_t seed, const float object[2])
{
    const float empty = -logf((1 - PRIOR) / PRIOR);
    nn_dense_start(m, seed, "cls", &empty, 1);
    for (int stride = FIRST_STRIDE; stride <= LAST_STRIDE; stride *= 2) {
        nn_tensor *bias = start_layer(m, seed, "box", stride);
        // Distances are exp(output) * stride; left, top, right, bottom from the centre.
        for (int k = 0; bias && object && object[0] > 0 && object[1] > 0 && k < 4; k++)
            nn_tensor_f32(bias)[k] = logf(object[k % 2] / 2 / (float)stride);
    }
}
