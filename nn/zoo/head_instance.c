// SPDX-License-Identifier: MIT
// Boxes with masks: prototypes of masks for the whole picture, and for each cell the coefficients
// of their sum (YOLACT, Bolya 2019, section 3).
#include "nn/zoo/dense.h"
#include "nn/zoo/layers.h"

static void add_coefficients(nn_graph *g, nn_value x, int stride, const nn_zoo_options *o)
{
    nn_dense_output(g, "coef", x, stride, o->prototypes, o);
}

// The prototypes have the size of the backbone's finest map, 1/4 of the input for our networks.
static void build_instance(nn_graph *g, nn_value image, const nn_zoo_features *f,
                           const nn_zoo_options *o)
{
    (void)image;
    nn_value x = nn_dense_build(g, f, o, add_coefficients);
    const nn_conv_spec spec = {
        .in = o->neck, .out = o->prototypes, .kernel = 1, .stride = 1, .bias = 1};
    x = nn_dense_fuse(g, "head.proto_fuse", x, o->neck, f->map[0], f->channels[0], o->neck);
    x = nn_dense_conv(g, "head.proto_tower", x, o->neck, o->neck, 3);
    nn_graph_output(g, "proto", nn_layer_conv(g, "head.proto", x, &spec));
}

static void set_defaults(nn_zoo_options *o)
{
    nn_dense_defaults(o);
    o->prototypes = 32;
}

const nn_zoo_head nn_zoo_head_instance = {.name = "instance",
                                          .task = "instance",
                                          .option_names = "levels,neck,prototypes",
                                          .defaults = set_defaults,
                                          .build = build_instance,
                                          .init = nn_dense_init};
