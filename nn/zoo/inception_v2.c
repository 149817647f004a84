// SPDX-License-Identifier: MIT
// BN-Inception: batch norm everywhere, two 3x3 in place of the 5x5.
#include "nn/zoo/inception.h"
#include "nn/zoo/taps.h"

static const nn_unit_names unit = {"0", "1", "2", false};

// Ioffe 2015, figure 5. Modules without a 1x1 branch halve the size.
typedef struct module {
    const char *name;
    int c1, r3, c3, rd, cd, pool;
    int kind; // of the pool
} module;

static const module modules[] = {
    {"inception3a", 64, 64, 64, 64, 96, 32, NN_INCEPTION_AVG},
    {"inception3b", 64, 64, 96, 64, 96, 64, NN_INCEPTION_AVG},
    {"inception3c", 0, 128, 160, 64, 96, 0, NN_INCEPTION_MAX},
    {"inception4a", 224, 64, 96, 96, 128, 128, NN_INCEPTION_AVG},
    {"inception4b", 192, 96, 128, 96, 128, 128, NN_INCEPTION_AVG},
    {"inception4c", 160, 128, 160, 128, 160, 128, NN_INCEPTION_AVG},
    {"inception4d", 96, 128, 192, 160, 192, 128, NN_INCEPTION_AVG},
    {"inception4e", 0, 128, 192, 192, 256, 0, NN_INCEPTION_MAX},
    {"inception5a", 352, 192, 320, 160, 224, 128, NN_INCEPTION_AVG},
    {"inception5b", 352, 192, 320, 192, 224, 128, NN_INCEPTION_MAX},
};

static nn_value add_module(nn_graph *g, const module *m, nn_value x, int *channels)
{
    const int stride = m->c1 ? 1 : 2;
    nn_inception_branch branches[] = {
        {.steps = {{"branch1", m->c1, 1, 1, 1, true}}},
        {.steps = {{"branch2.0", m->r3, 1, 1, 1, true}, {"branch2.1", m->c3, 3, 3, stride, true}}},
        {.steps = {{"branch3.0", m->rd, 1, 1, 1, true},
                   {"branch3.1", m->cd, 3, 3, 1, true},
                   {"branch3.2", m->cd, 3, 3, stride, true}}},
        {.pool = "branch4.0",
         .kind = m->kind,
         .pool_stride = stride,
         .pool_pad = 1,
         .steps = {{m->pool ? "branch4.1" : NULL, m->pool, 1, 1, 1, true}}},
    };
    const int skip = m->c1 ? 0 : 1;
    return nn_inception_module(g, &unit, m->name, x, channels, branches + skip, 4 - skip);
}

static nn_value add_features(nn_graph *g, nn_value x, nn_zoo_features *f, int *channels)
{
    static const nn_inception_step stem[] = {
        {"conv1", 64, 7, 7, 2, true}, {"conv2", 64, 1, 1, 1, true}, {"conv3", 192, 3, 3, 1, true}};
    int stride = 8;
    x = nn_inception_unit(g, &unit, "", x, channels, &stem[0]);
    x = nn_layer_max_pool(g, "maxpool1", x, 3, 2, 1, 0);
    x = nn_inception_unit(g, &unit, "", x, channels, &stem[1]);
    x = nn_inception_unit(g, &unit, "", x, channels, &stem[2]);
    nn_zoo_tap(f, 4, x, *channels);
    x = nn_layer_max_pool(g, "maxpool2", x, 3, 2, 1, 0);
    for (size_t i = 0; i < sizeof modules / sizeof *modules; i++) {
        stride *= modules[i].c1 ? 1 : 2;
        if (nn_zoo_taps_end(f, stride))
            break;
        x = add_module(g, &modules[i], x, channels);
        nn_zoo_tap(f, stride, x, *channels);
    }
    return x;
}

static void build_features(nn_graph *g, nn_value image, const nn_zoo_net *net,
                           const nn_zoo_options *o, nn_zoo_features *out)
{
    int c = 3;
    (void)net, (void)o;
    add_features(g, image, out, &c);
}

static void build(nn_graph *g, nn_value image, const nn_zoo_net *net, const nn_zoo_options *o)
{
    nn_zoo_features f = {0};
    int c = 3;
    (void)net;
    nn_value x = add_features(g, image, &f, &c);
    x = nn_layer_global_avg_pool(g, "avgpool", x);
    nn_graph_output(g, "output", nn_layer_linear(g, "fc", x, c, o->classes, 1));
}

const nn_zoo_net nn_zoo_inception_v2 = {
    .name = "inception_v2",
    .summary = "Inception with batch norm (Ioffe 2015)",
    .option_names = "classes",
    .defaults = {.classes = 1000, .drop = 1},
    .input_h = 224,
    .input_w = 224,
    .mean = NN_ZOO_IMAGENET_MEAN,
    .std = NN_ZOO_IMAGENET_STD,
    .features = build_features,
    .classify = build,
};
