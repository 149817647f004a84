// SPDX-License-Identifier: MIT
// Inception-v4: a deeper, more uniform Inception.
#include "nn/zoo/inception.h"
#include "nn/zoo/taps.h"

static const nn_unit_names published = {"0", "1", "2", false},
                           exact = {"0", "1", "2", true}; // for heads

// Szegedy 2016, figures 3 to 8, in this order. Average pools that keep the size do not count the
// padding.
static const nn_inception_branch stem3[] = {
    {.pool = "branch0", .kind = NN_INCEPTION_MAX, .pool_stride = 2},
    {.steps = {{"branch1", 96, 3, 3, 2, false}}},
};
static const nn_inception_branch stem4[] = {
    {.steps = {{"branch0.0", 64, 1, 1, 1, true}, {"branch0.1", 96, 3, 3, 1, false}}},
    {.steps = {{"branch1.0", 64, 1, 1, 1, true},
               {"branch1.1", 64, 1, 7, 1, true},
               {"branch1.2", 64, 7, 1, 1, true},
               {"branch1.3", 96, 3, 3, 1, false}}},
};
static const nn_inception_branch stem5[] = {
    {.steps = {{"branch0", 192, 3, 3, 2, false}}},
    {.pool = "branch1", .kind = NN_INCEPTION_MAX, .pool_stride = 2},
};
static const nn_inception_branch module_a[] = {
    {.steps = {{"branch0", 96, 1, 1, 1, true}}},
    {.steps = {{"branch1.0", 64, 1, 1, 1, true}, {"branch1.1", 96, 3, 3, 1, true}}},
    {.steps = {{"branch2.0", 64, 1, 1, 1, true},
               {"branch2.1", 96, 3, 3, 1, true},
               {"branch2.2", 96, 3, 3, 1, true}}},
    {.pool = "branch3.0",
     .kind = NN_INCEPTION_AVG_INSIDE,
     .pool_stride = 1,
     .pool_pad = 1,
     .steps = {{"branch3.1", 96, 1, 1, 1, true}}},
};
static const nn_inception_branch module_b[] = {
    {.steps = {{"branch0", 384, 1, 1, 1, true}}},
    {.steps = {{"branch1.0", 192, 1, 1, 1, true},
               {"branch1.1", 224, 1, 7, 1, true},
               {"branch1.2", 256, 7, 1, 1, true}}},
    {.steps = {{"branch2.0", 192, 1, 1, 1, true},
               {"branch2.1", 192, 7, 1, 1, true},
               {"branch2.2", 224, 1, 7, 1, true},
               {"branch2.3", 224, 7, 1, 1, true},
               {"branch2.4", 256, 1, 7, 1, true}}},
    {.pool = "branch3.0",
     .kind = NN_INCEPTION_AVG_INSIDE,
     .pool_stride = 1,
     .pool_pad = 1,
     .steps = {{"branch3.1", 128, 1, 1, 1, true}}},
};
static const nn_inception_branch module_c[] = {
    {.steps = {{"branch0", 256, 1, 1, 1, true}}},
    {.steps = {{"branch1.stem", 384, 1, 1, 1, true},
               {"branch1.a", 256, 1, 3, 1, true},
               {"branch1.b", 256, 3, 1, 1, true}},
     .fork = true},
    {.steps = {{"branch2.stem.0", 384, 1, 1, 1, true},
               {"branch2.stem.1", 448, 3, 1, 1, true},
               {"branch2.stem.2", 512, 1, 3, 1, true},
               {"branch2.a", 256, 1, 3, 1, true},
               {"branch2.b", 256, 3, 1, 1, true}},
     .fork = true},
    {.pool = "branch3.0",
     .kind = NN_INCEPTION_AVG_INSIDE,
     .pool_stride = 1,
     .pool_pad = 1,
     .steps = {{"branch3.1", 256, 1, 1, 1, true}}},
};
static const nn_inception_branch reduce_a[] = {
    {.steps = {{"branch0", 384, 3, 3, 2, false}}},
    {.steps = {{"branch1.0", 192, 1, 1, 1, true},
               {"branch1.1", 224, 3, 3, 1, true},
               {"branch1.2", 256, 3, 3, 2, false}}},
    {.pool = "branch2", .kind = NN_INCEPTION_MAX, .pool_stride = 2},
};
static const nn_inception_branch reduce_b[] = {
    {.steps = {{"branch0.0", 192, 1, 1, 1, true}, {"branch0.1", 192, 3, 3, 2, false}}},
    {.steps = {{"branch1.0", 256, 1, 1, 1, true},
               {"branch1.1", 256, 1, 7, 1, true},
               {"branch1.2", 320, 7, 1, 1, true},
               {"branch1.3", 320, 3, 3, 2, false}}},
    {.pool = "branch2", .kind = NN_INCEPTION_MAX, .pool_stride = 2},
};

static nn_value add_stem(nn_graph *g, const nn_unit_names *unit, nn_value x, int *channels,
                         nn_zoo_features *f)
{
    static const nn_inception_step steps[] = {{"stem.0", 32, 3, 3, 2, false},
                                              {"stem.1", 32, 3, 3, 1, false},
                                              {"stem.2", 64, 3, 3, 1, true}};
    for (int i = 0; i < 3; i++)
        x = nn_inception_unit(g, unit, "", x, channels, &steps[i]);
    x = nn_inception_module(g, unit, "stem.3", x, channels, stem3, 2);
    x = nn_inception_module(g, unit, "stem.4", x, channels, stem4, 2);
    nn_zoo_tap(f, 4, x, *channels);
    return nn_inception_module(g, unit, "stem.5", x, channels, stem5, 2);
}

static nn_value add_features(nn_graph *g, const nn_unit_names *unit, nn_value x, nn_zoo_features *f,
                             int *c)
{
    x = add_stem(g, unit, x, c, f);
    for (int i = 0; i < 4; i++)
        x = nn_inception_module(g, unit, NAME("a.%d", i), x, c, module_a, 4);
    nn_zoo_tap(f, 8, x, *c);
    x = nn_inception_module(g, unit, "reduce_a", x, c, reduce_a, 3);
    for (int i = 0; i < 7; i++)
        x = nn_inception_module(g, unit, NAME("b.%d", i), x, c, module_b, 4);
    nn_zoo_tap(f, 16, x, *c);
    if (nn_zoo_taps_end(f, 32))
        return x;
    x = nn_inception_module(g, unit, "reduce_b", x, c, reduce_b, 3);
    for (int i = 0; i < 3; i++)
        x = nn_inception_module(g, unit, NAME("c.%d", i), x, c, module_c, 4);
    nn_zoo_tap(f, 32, x, *c);
    return x;
}

static void build_features(nn_graph *g, nn_value image, const nn_zoo_net *net,
                           const nn_zoo_options *o, nn_zoo_features *out)
{
    int c = 3;
    (void)net, (void)o;
    add_features(g, &exact, image, out, &c);
}

static void build(nn_graph *g, nn_value image, const nn_zoo_net *net, const nn_zoo_options *o)
{
    nn_zoo_features f = {0};
    int c = 3;
    (void)net;
    nn_value x = add_features(g, &published, image, &f, &c);
    x = nn_layer_global_avg_pool(g, "avgpool", x);
    x = nn_layer_dropout(g, "dropout", x, 0.2f * o->drop, 0);
    nn_graph_output(g, "output", nn_layer_linear(g, "fc", x, c, o->classes, 1));
}

const nn_zoo_net nn_zoo_inception_v4 = {
    .name = "inception_v4",
    .summary = "Inception made deeper and more uniform (Szegedy 2016)",
    .option_names = "classes,drop",
    .defaults = {.classes = 1000, .drop = 1},
    .input_h = 299,
    .input_w = 299,
    .mean = {0.5f, 0.5f, 0.5f},
    .std = {0.5f, 0.5f, 0.5f},
    .features = build_features,
    .classify = build,
};
