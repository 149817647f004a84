// SPDX-License-Identifier: MIT
// Anchor-free head: a small top-down neck, a tower for each level, class logits and four distances.
// FCOS (Tian 2019); the neck is a feature pyramid (Lin 2017) with concatenation.
#include "nn/base/rng.h"
#include "nn/zoo/heads.h"
#include "nn/zoo/layers.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define BN_EPS 1e-5f
// A cell starts with 1 % for every class, so that the many empty cells do not dominate the first
// steps (RetinaNet, Lin 2017, section 4.1).
#define PRIOR 0.01f

enum { MAX_NAME = 64, LEVELS = 3, FIRST_STRIDE = 4, LAST_STRIDE = 64 };

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

// Convolution without bias, batch norm, SiLU: PREFIX.conv, PREFIX.bn.
static nn_value conv_bn_silu(nn_graph *g, const char *prefix, nn_value x, int in, int out,
                             int kernel)
{
    char conv[MAX_NAME], bn[MAX_NAME], silu[MAX_NAME];
    snprintf(conv, sizeof conv, "%s.conv", prefix);
    snprintf(bn, sizeof bn, "%s.bn", prefix);
    snprintf(silu, sizeof silu, "%s.silu", prefix);
    x = nn_layer_conv(
        g, conv, x,
        &(nn_conv_spec){.in = in, .out = out, .kernel = kernel, .stride = 1, .pad = kernel / 2});
    return nn_layer_act(g, silu, nn_layer_batch_norm(g, bn, x, out, BN_EPS), NN_ACT_SILU);
}

// Upsamples `coarse` to the size of `fine`, concatenates both and mixes them by a 3x3 convolution.
static nn_value fuse(nn_graph *g, int stride, nn_value coarse, int coarse_c, nn_value fine,
                     int fine_c, int out)
{
    char prefix[MAX_NAME], up[MAX_NAME + 8], concat[MAX_NAME + 8];
    snprintf(prefix, sizeof prefix, "head.fuse%d", stride);
    snprintf(up, sizeof up, "%s.up", prefix);
    snprintf(concat, sizeof concat, "%s.concat", prefix);
    const nn_resize_params nearest = {.mode = NN_RESIZE_NEAREST};
    const nn_value resize[] = {coarse, fine};
    const nn_value parts[] = {nn_graph_node(g, &nn_op_resize, up, &nearest, resize, 2), fine};
    nn_value x = nn_layer_concat(g, concat, parts, 2, 1);
    return conv_bn_silu(g, prefix, x, coarse_c + fine_c, out, 3);
}

// The name of a layer by the stride of its map: "head.lat16".
static nn_value layer(nn_graph *g, const char *word, int stride, nn_value x, int in, int out,
                      int kernel)
{
    char name[MAX_NAME];
    snprintf(name, sizeof name, "head.%s%d", word, stride);
    return conv_bn_silu(g, name, x, in, out, kernel);
}

static void add_level(nn_graph *g, nn_value x, int stride, const nn_zoo_options *o)
{
    char name[MAX_NAME];
    x = layer(g, "tower", stride, x, o->neck, o->neck, 3);
    nn_conv_spec spec = {.in = o->neck, .out = o->classes, .kernel = 1, .stride = 1, .bias = 1};
    snprintf(name, sizeof name, "head.cls%d", stride);
    nn_graph_output(g, name + strlen("head."), nn_layer_conv(g, name, x, &spec));
    spec.out = 4;
    snprintf(name, sizeof name, "head.box%d", stride);
    nn_graph_output(g, name + strlen("head."), nn_layer_conv(g, name, x, &spec));
}

static void build_fcos(nn_graph *g, nn_value image, const nn_zoo_features *f,
                       const nn_zoo_options *o)
{
    (void)image;
    const int c = o->neck, half = c / 2 > 0 ? c / 2 : 1,
              first = f->stride ? f->stride : FIRST_STRIDE;
    const int stride[LEVELS] = {first, 2 * first, 4 * first};
    bool want[LEVELS];
    nn_value level[LEVELS] = {0};
    int found = 0, asked = 1;
    for (int i = 0; i < LEVELS; i++)
        found += want[i] = has_level(o->levels, stride[i]);
    for (const char *p = o->levels; *p; p++)
        asked += *p == '+';
    if (found < asked)
        nn_graph_fail(g, NN_EUNSUPPORTED, "levels=%s: the maps of the network are at %d+%d+%d",
                      o->levels, stride[0], stride[1], stride[2]);
    nn_value top = layer(g, "lat", stride[2], f->map[2], f->channels[2], c, 1);
    if (want[2])
        level[2] = layer(g, "smooth", stride[2], top, c, c, 3);
    if (want[0] || want[1])
        level[1] = fuse(g, stride[1], top, c, f->map[1], f->channels[1], c);
    if (want[0]) {
        nn_value middle = layer(g, "lat", stride[1], level[1], c, half, 1);
        level[0] = fuse(g, stride[0], middle, half, f->map[0], f->channels[0], c);
    }
    for (int i = 0; i < LEVELS; i++)
        if (want[i])
            add_level(g, level[i], stride[i], o);
}

static void set_defaults(nn_zoo_options *o)
{
    snprintf(o->levels, sizeof o->levels, "8");
    o->neck = 48;
    o->drop = 0; // boxes need every feature
}

static void init_weight(nn_model *m, const char *name, uint64_t seed)
{
    nn_tensor *t = nn_model_param(m, name);
    nn_rng rng = nn_rng_stream(seed, nn_hash_name(name));
    for (int64_t i = 0, n = nn_shape_count(&t->shape); i < n; i++)
        nn_tensor_f32(t)[i] = 0.01f * nn_rng_normal(&rng);
}

static void init_fcos(nn_model *m, uint64_t seed, const float object[2])
{
    for (int stride = FIRST_STRIDE; stride <= LAST_STRIDE; stride *= 2) {
        char name[MAX_NAME];
        snprintf(name, sizeof name, "head.cls%d.bias", stride);
        nn_tensor *bias = nn_model_param(m, name);
        if (!bias)
            continue;
        for (int64_t k = 0, n = nn_shape_count(&bias->shape); k < n; k++)
            nn_tensor_f32(bias)[k] = -logf((1 - PRIOR) / PRIOR);
        // Distances are exp(output) * stride; left, top, right, bottom from the centre.
        snprintf(name, sizeof name, "head.box%d.bias", stride);
        bias = nn_model_param(m, name);
        for (int k = 0; object && object[0] > 0 && object[1] > 0 && k < 4; k++)
            nn_tensor_f32(bias)[k] = logf(object[k % 2] / 2 / (float)stride);
        snprintf(name, sizeof name, "head.cls%d.weight", stride);
        init_weight(m, name, seed);
        snprintf(name, sizeof name, "head.box%d.weight", stride);
        init_weight(m, name, seed);
    }
}

const nn_zoo_head nn_zoo_head_fcos = {.name = "fcos",
                                      .task = "detect",
                                      .option_names = "levels,neck",
                                      .defaults = set_defaults,
                                      .build = build_fcos,
                                      .init = init_fcos};
