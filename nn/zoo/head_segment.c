// SPDX-License-Identifier: MIT
// Segmentation head: projects maps of 1/16, 1/8 and 1/4 to one width and adds them from coarse to
// fine, then a 3x3 convolution and the logits of every class. It is a feature pyramid (Lin 2017) of
// which only the finest level is used, as in Panoptic FPN (Kirillov 2019) without its towers.
#include "nn/zoo/heads.h"
#include "nn/zoo/layers.h"

#include <stdio.h>
#include <string.h>

#define BN_EPS 1e-5f

static nn_value conv_bn(nn_graph *g, const char *prefix, nn_value x, int in, int out, int kernel)
{
    x = nn_layer_conv(
        g, NAME("%s.conv", prefix), x,
        &(nn_conv_spec){.in = in, .out = out, .kernel = kernel, .stride = 1, .pad = kernel / 2});
    return nn_layer_batch_norm(g, NAME("%s.bn", prefix), x, out, BN_EPS);
}

static nn_value silu(nn_graph *g, const char *prefix, nn_value x)
{
    return nn_layer_act(g, NAME("%s.silu", prefix), x, NN_ACT_SILU);
}

// The sum of `coarse`, upsampled to the size of `fine`, and `fine`, projected to its width.
static nn_value merge(nn_graph *g, int stride, nn_value coarse, nn_value fine, int fine_c, int out)
{
    const nn_resize_params bilinear = {.mode = NN_RESIZE_BILINEAR};
    const nn_value lateral = conv_bn(g, NAME("head.lat%d", stride), fine, fine_c, out, 1);
    const nn_value resize[] = {coarse, lateral};
    const nn_value up =
        nn_graph_node(g, &nn_op_resize, NAME("head.up%d", stride), &bilinear, resize, 2);
    const nn_value sum = nn_layer_add(g, NAME("head.sum%d", stride), lateral, up);
    return silu(g, NAME("head.sum%d", stride), sum);
}

static void build_segment(nn_graph *g, nn_value image, const nn_zoo_features *f,
                          const nn_zoo_options *o)
{
    const int c = o->neck;
    (void)image;
    if (strcmp(o->levels, "4") != 0 && strcmp(o->levels, "8") != 0) {
        nn_graph_fail(g, NN_EINVAL,
                      "the head 'segment' has one level: levels=4 or levels=8, not %s", o->levels);
        return;
    }
    nn_value x = silu(g, "head.lat16", conv_bn(g, "head.lat16", f->map[2], f->channels[2], c, 1));
    x = merge(g, 8, x, f->map[1], f->channels[1], c);
    if (o->levels[0] == '4')
        x = merge(g, 4, x, f->map[0], f->channels[0], c);
    x = silu(g, "head.smooth", conv_bn(g, "head.smooth", x, c, c, 3));
    const nn_conv_spec spec = {.in = c, .out = o->classes, .kernel = 1, .stride = 1, .bias = 1};
    nn_graph_output(g, "mask", nn_layer_conv(g, "head.mask", x, &spec));
}

static void set_defaults(nn_zoo_options *o)
{
    snprintf(o->levels, sizeof o->levels, "4");
    o->neck = 48;
    o->drop = 0; // edges need every feature
}

const nn_zoo_head nn_zoo_head_segment = {.name = "segment",
                                         .task = "segment",
                                         .option_names = "levels,neck",
                                         .defaults = set_defaults,
                                         .build = build_segment};
