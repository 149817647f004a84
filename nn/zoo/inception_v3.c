// SPDX-License-Identifier: MIT
// Inception-v3 with torchvision's names: factorised convolutions, 1x7 beside 7x1.
#include "nn/zoo/inception.h"
#include "nn/zoo/taps.h"

static const nn_unit_names published = {"conv", "bn", "relu", false},
                           exact = {"conv", "bn", "relu", true}; // for heads

// 35x35 (Szegedy 2015, figure 5), 5x5 kept as it is.
static nn_value add_a(nn_graph *g, const nn_unit_names *unit, const char *name, nn_value x,
                      int *channels, int pooled)
{
    const nn_inception_branch branches[] = {
        {.steps = {{"branch1x1", 64, 1, 1, 1, true}}},
        {.steps = {{"branch5x5_1", 48, 1, 1, 1, true}, {"branch5x5_2", 64, 5, 5, 1, true}}},
        {.steps = {{"branch3x3dbl_1", 64, 1, 1, 1, true},
                   {"branch3x3dbl_2", 96, 3, 3, 1, true},
                   {"branch3x3dbl_3", 96, 3, 3, 1, true}}},
        {.pool = "pool",
         .kind = NN_INCEPTION_AVG,
         .pool_stride = 1,
         .pool_pad = 1,
         .steps = {{"branch_pool", pooled, 1, 1, 1, true}}},
    };
    return nn_inception_module(g, unit, name, x, channels, branches, 4);
}

// To 17x17 (figure 10).
static nn_value add_b(nn_graph *g, const nn_unit_names *unit, const char *name, nn_value x,
                      int *channels)
{
    static const nn_inception_branch branches[] = {
        {.steps = {{"branch3x3", 384, 3, 3, 2, false}}},
        {.steps = {{"branch3x3dbl_1", 64, 1, 1, 1, true},
                   {"branch3x3dbl_2", 96, 3, 3, 1, true},
                   {"branch3x3dbl_3", 96, 3, 3, 2, false}}},
        {.pool = "pool", .kind = NN_INCEPTION_MAX, .pool_stride = 2},
    };
    return nn_inception_module(g, unit, name, x, channels, branches, 3);
}

// 17x17 (figure 6).
static nn_value add_c(nn_graph *g, const nn_unit_names *unit, const char *name, nn_value x,
                      int *channels, int c7)
{
    const nn_inception_branch branches[] = {
        {.steps = {{"branch1x1", 192, 1, 1, 1, true}}},
        {.steps = {{"branch7x7_1", c7, 1, 1, 1, true},
                   {"branch7x7_2", c7, 1, 7, 1, true},
                   {"branch7x7_3", 192, 7, 1, 1, true}}},
        {.steps = {{"branch7x7dbl_1", c7, 1, 1, 1, true},
                   {"branch7x7dbl_2", c7, 7, 1, 1, true},
                   {"branch7x7dbl_3", c7, 1, 7, 1, true},
                   {"branch7x7dbl_4", c7, 7, 1, 1, true},
                   {"branch7x7dbl_5", 192, 1, 7, 1, true}}},
        {.pool = "pool",
         .kind = NN_INCEPTION_AVG,
         .pool_stride = 1,
         .pool_pad = 1,
         .steps = {{"branch_pool", 192, 1, 1, 1, true}}},
    };
    return nn_inception_module(g, unit, name, x, channels, branches, 4);
}

// To 8x8.
static nn_value add_d(nn_graph *g, const nn_unit_names *unit, const char *name, nn_value x,
                      int *channels)
{
    static const nn_inception_branch branches[] = {
        {.steps = {{"branch3x3_1", 192, 1, 1, 1, true}, {"branch3x3_2", 320, 3, 3, 2, false}}},
        {.steps = {{"branch7x7x3_1", 192, 1, 1, 1, true},
                   {"branch7x7x3_2", 192, 1, 7, 1, true},
                   {"branch7x7x3_3", 192, 7, 1, 1, true},
                   {"branch7x7x3_4", 192, 3, 3, 2, false}}},
        {.pool = "pool", .kind = NN_INCEPTION_MAX, .pool_stride = 2},
    };
    return nn_inception_module(g, unit, name, x, channels, branches, 3);
}

// 8x8 (figure 7): two branches end in a fork.
static nn_value add_e(nn_graph *g, const nn_unit_names *unit, const char *name, nn_value x,
                      int *channels)
{
    static const nn_inception_branch branches[] = {
        {.steps = {{"branch1x1", 320, 1, 1, 1, true}}},
        {.steps = {{"branch3x3_1", 384, 1, 1, 1, true},
                   {"branch3x3_2a", 384, 1, 3, 1, true},
                   {"branch3x3_2b", 384, 3, 1, 1, true}},
         .fork = true},
        {.steps = {{"branch3x3dbl_1", 448, 1, 1, 1, true},
                   {"branch3x3dbl_2", 384, 3, 3, 1, true},
                   {"branch3x3dbl_3a", 384, 1, 3, 1, true},
                   {"branch3x3dbl_3b", 384, 3, 1, 1, true}},
         .fork = true},
        {.pool = "pool",
         .kind = NN_INCEPTION_AVG,
         .pool_stride = 1,
         .pool_pad = 1,
         .steps = {{"branch_pool", 192, 1, 1, 1, true}}},
    };
    return nn_inception_module(g, unit, name, x, channels, branches, 4);
}

static nn_value add_stem(nn_graph *g, const nn_unit_names *unit, nn_value x, int *channels,
                         nn_zoo_features *f)
{
    static const nn_inception_step steps[] = {{"Conv2d_1a_3x3", 32, 3, 3, 2, false},
                                              {"Conv2d_2a_3x3", 32, 3, 3, 1, false},
                                              {"Conv2d_2b_3x3", 64, 3, 3, 1, true},
                                              {"Conv2d_3b_1x1", 80, 1, 1, 1, true},
                                              {"Conv2d_4a_3x3", 192, 3, 3, 1, false}};
    for (int i = 0; i < 5; i++) {
        if (i == 3)
            x = nn_layer_max_pool(g, "maxpool1", x, 3, 2, unit->exact, 0);
        x = nn_inception_unit(g, unit, "", x, channels, &steps[i]);
    }
    nn_zoo_tap(f, 4, x, *channels);
    return nn_layer_max_pool(g, "maxpool2", x, 3, 2, unit->exact, 0);
}

static nn_value add_aux(nn_graph *g, nn_value x, int channels, int classes)
{
    static const nn_inception_step steps[] = {{"conv0", 128, 1, 1, 1, true},
                                              {"conv1", 768, 5, 5, 1, false}};
    x = nn_layer_avg_pool(g, "AuxLogits.pool", x, 5, 3, 0);
    for (int i = 0; i < 2; i++)
        x = nn_inception_unit(g, &published, "AuxLogits", x, &channels, &steps[i]);
    x = nn_layer_global_avg_pool(g, "AuxLogits.avgpool", x);
    return nn_layer_linear(g, "AuxLogits.fc", x, channels, classes, 1);
}

// `aux`: where the auxiliary classifier's output goes; NULL: it is not built.
static nn_value add_features(nn_graph *g, const nn_unit_names *u, nn_value x, int classes,
                             nn_zoo_features *f, int *c, nn_value *aux)
{
    x = add_stem(g, u, x, c, f);
    x = add_a(g, u, "Mixed_5b", x, c, 32);
    x = add_a(g, u, "Mixed_5c", x, c, 64);
    x = add_a(g, u, "Mixed_5d", x, c, 64);
    nn_zoo_tap(f, 8, x, *c);
    x = add_b(g, u, "Mixed_6a", x, c);
    x = add_c(g, u, "Mixed_6b", x, c, 128);
    x = add_c(g, u, "Mixed_6c", x, c, 160);
    x = add_c(g, u, "Mixed_6d", x, c, 160);
    x = add_c(g, u, "Mixed_6e", x, c, 192);
    nn_zoo_tap(f, 16, x, *c);
    if (aux)
        *aux = add_aux(g, x, *c, classes);
    if (nn_zoo_taps_end(f, 32))
        return x;
    x = add_d(g, u, "Mixed_7a", x, c);
    x = add_e(g, u, "Mixed_7b", x, c);
    x = add_e(g, u, "Mixed_7c", x, c);
    nn_zoo_tap(f, 32, x, *c);
    return x;
}

static void build_features(nn_graph *g, nn_value image, const nn_zoo_net *net,
                           const nn_zoo_options *o, nn_zoo_features *out)
{
    int c = 3;
    (void)net;
    add_features(g, &exact, image, o->classes, out, &c, NULL);
}

static void build(nn_graph *g, nn_value image, const nn_zoo_net *net, const nn_zoo_options *o)
{
    nn_zoo_features f = {0};
    nn_value aux;
    int c = 3;
    (void)net;
    nn_value x = add_features(g, &published, image, o->classes, &f, &c, o->aux ? &aux : NULL);
    x = nn_layer_global_avg_pool(g, "avgpool", x);
    x = nn_layer_dropout(g, "dropout", x, 0.5f * o->drop, 0);
    nn_graph_output(g, "output", nn_layer_linear(g, "fc", x, c, o->classes, 1));
    if (o->aux)
        nn_graph_output(g, "aux1", aux);
}

// torchvision's weights come from TensorFlow and need -1..1; its "transform_input" converts
// ImageNet's normalisation to that.
const nn_zoo_net nn_zoo_inception_v3 = {
    .name = "inception_v3",
    .summary = "Inception with factorised convolutions, torchvision's (Szegedy 2015)",
    .option_names = "classes,drop,aux",
    .defaults = {.classes = 1000, .drop = 1},
    .input_h = 299,
    .input_w = 299,
    .mean = {0.5f, 0.5f, 0.5f},
    .std = {0.5f, 0.5f, 0.5f},
    .features = build_features,
    .classify = build,
};
