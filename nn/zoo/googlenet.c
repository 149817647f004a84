// SPDX-License-Identifier: MIT
// GoogLeNet: as published, with response normalisation, and torchvision's with batch norm.
#include "nn/zoo/inception.h"
#include "nn/zoo/taps.h"

typedef struct design {
    nn_unit_names unit; // of the convolutions of a module
    nn_unit_names stem; // of the other convolutions
    bool response_norm;
    int wide;         // kernel of the branch that was 5x5 in the paper
    int last_pool;    // kernel of the pool before 5a
    bool aux_average; // auxiliary classifiers average 5/3 windows; else they pool to 4x4
    float drop;
} design;

typedef struct module {
    const char *name;
    int c1, r3, c3, r5, c5, pool; // Szegedy 2014, table 1
} module;

static const module modules[] = {
    {"inception3a", 64, 96, 128, 16, 32, 32},     {"inception3b", 128, 128, 192, 32, 96, 64},
    {"inception4a", 192, 96, 208, 16, 48, 64},    {"inception4b", 160, 112, 224, 24, 64, 64},
    {"inception4c", 128, 128, 256, 24, 64, 64},   {"inception4d", 112, 144, 288, 32, 64, 64},
    {"inception4e", 256, 160, 320, 32, 128, 128}, {"inception5a", 256, 160, 320, 32, 128, 128},
    {"inception5b", 384, 192, 384, 48, 128, 128},
};

static nn_value add_module(nn_graph *g, const design *d, nn_value x, int *channels, int index)
{
    const module *m = &modules[index];
    const nn_inception_branch branches[] = {
        {.steps = {{"branch1", m->c1, 1, 1, 1, true}}},
        {.steps = {{"branch2.0", m->r3, 1, 1, 1, true}, {"branch2.1", m->c3, 3, 3, 1, true}}},
        {.steps = {{"branch3.0", m->r5, 1, 1, 1, true},
                   {"branch3.1", m->c5, d->wide, d->wide, 1, true}}},
        {.pool = "branch4.0",
         .kind = NN_INCEPTION_MAX,
         .pool_stride = 1,
         .pool_pad = 1,
         .steps = {{"branch4.1", m->pool, 1, 1, 1, true}}},
    };
    return nn_inception_module(g, &d->unit, m->name, x, channels, branches, 4);
}

static nn_value add_stem(nn_graph *g, const design *d, nn_value x, int *channels,
                         nn_zoo_features *f)
{
    static const nn_inception_step steps[] = {
        {"conv1", 64, 7, 7, 2, true}, {"conv2", 64, 1, 1, 1, true}, {"conv3", 192, 3, 3, 1, true}};
    x = nn_inception_unit(g, &d->stem, "", x, channels, &steps[0]);
    x = nn_layer_max_pool(g, "maxpool1", x, 3, 2, 0, 1);
    if (d->response_norm)
        x = nn_layer_local_response_norm(g, "norm1", x, 5, 1e-4f, 0.75f, 1.0f);
    x = nn_inception_unit(g, &d->stem, "", x, channels, &steps[1]);
    x = nn_inception_unit(g, &d->stem, "", x, channels, &steps[2]);
    if (d->response_norm)
        x = nn_layer_local_response_norm(g, "norm2", x, 5, 1e-4f, 0.75f, 1.0f);
    nn_zoo_tap(f, 4, x, *channels);
    return nn_layer_max_pool(g, "maxpool2", x, 3, 2, 0, 1);
}

static nn_value add_aux(nn_graph *g, const design *d, const char *prefix, nn_value x, int channels,
                        const nn_zoo_options *o)
{
    if (!o->aux)
        return NN_NO_VALUE;
    if (d->aux_average)
        x = nn_layer_avg_pool(g, NAME("%s.pool", prefix), x, 5, 3, 0);
    else
        x = nn_layer_adaptive_avg_pool(g, NAME("%s.pool", prefix), x, 4);
    const nn_inception_step conv = {"conv", 128, 1, 1, 1, true};
    x = nn_inception_unit(g, &d->stem, prefix, x, &channels, &conv);
    x = nn_layer_flatten(g, NAME("%s.flatten", prefix), x, 1);
    x = nn_layer_linear(g, NAME("%s.fc1", prefix), x, channels * 4 * 4, 1024, 1);
    x = nn_layer_act(g, NAME("%s.relu", prefix), x, NN_ACT_RELU);
    x = nn_layer_dropout(g, NAME("%s.dropout", prefix), x, 0.7f * o->drop, 0);
    return nn_layer_linear(g, NAME("%s.fc2", prefix), x, 1024, o->classes, 1);
}

// Auxiliary classifiers, "aux1" and "aux2", are built for o->aux.
static nn_value add_features(nn_graph *g, nn_value x, const design *d, const nn_zoo_options *o,
                             nn_zoo_features *f, int *channels, nn_value aux[2])
{
    x = add_stem(g, d, x, channels, f);
    for (int i = 0; i < (int)(sizeof modules / sizeof *modules); i++) {
        if (i == 2)
            x = nn_layer_max_pool(g, "maxpool3", x, 3, 2, 0, 1);
        if (aux && (i == 3 || i == 6))
            aux[i / 6] = add_aux(g, d, i == 3 ? "aux1" : "aux2", x, *channels, o);
        const int stride = i < 2 ? 8 : i < 7 ? 16 : 32;
        if (nn_zoo_taps_end(f, stride))
            break;
        if (i == 7)
            x = nn_layer_max_pool(g, "maxpool4", x, d->last_pool, 2, 0, 1);
        x = add_module(g, d, x, channels, i);
        nn_zoo_tap(f, stride, x, *channels);
    }
    return x;
}

static void build_features(nn_graph *g, nn_value image, const nn_zoo_net *net,
                           const nn_zoo_options *o, nn_zoo_features *out)
{
    int c = 3;
    add_features(g, image, net->design, o, out, &c, NULL);
}

static void build(nn_graph *g, nn_value image, const nn_zoo_net *net, const nn_zoo_options *o)
{
    const design *d = net->design;
    nn_value aux[2] = {NN_NO_VALUE, NN_NO_VALUE};
    nn_zoo_features f = {0};
    int c = 3;
    nn_value x = add_features(g, image, d, o, &f, &c, aux);
    x = nn_layer_global_avg_pool(g, "avgpool", x);
    x = nn_layer_dropout(g, "dropout", x, d->drop * o->drop, 0);
    nn_graph_output(g, "output", nn_layer_linear(g, "fc", x, c, o->classes, 1));
    if (o->aux) {
        nn_graph_output(g, "aux1", aux[0]);
        nn_graph_output(g, "aux2", aux[1]);
    }
}

static const design published = {
    .unit = {"0", NULL, "1", false},
    .stem = {"", NULL, "relu", false},
    .response_norm = true,
    .wide = 5,
    .last_pool = 3,
    .aux_average = true,
    .drop = 0.4f,
};

// Its "5x5" branch really is a 3x3.
static const design torchvision = {
    .unit = {"conv", "bn", "relu", false},
    .stem = {"conv", "bn", "relu", false},
    .wide = 3,
    .last_pool = 2,
    .drop = 0.2f,
};

const nn_zoo_net nn_zoo_inception_v1 = {
    .name = "inception_v1",
    .summary = "GoogLeNet as published, with response normalisation (Szegedy 2014)",
    .option_names = "classes,drop,aux",
    .defaults = {.classes = 1000, .drop = 1},
    .input_h = 224,
    .input_w = 224,
    .mean = NN_ZOO_IMAGENET_MEAN,
    .std = NN_ZOO_IMAGENET_STD,
    .design = &published,
    .features = build_features,
    .classify = build,
};

// torchvision's weights come from TensorFlow and need -1..1; its "transform_input" converts
// ImageNet's normalisation to that.
const nn_zoo_net nn_zoo_googlenet = {
    .name = "googlenet",
    .summary = "GoogLeNet with batch norm, torchvision's (Szegedy 2014)",
    .option_names = "classes,drop,aux",
    .defaults = {.classes = 1000, .drop = 1},
    .input_h = 224,
    .input_w = 224,
    .mean = {0.5f, 0.5f, 0.5f},
    .std = {0.5f, 0.5f, 0.5f},
    .design = &torchvision,
    .features = build_features,
    .classify = build,
};
