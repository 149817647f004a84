// SPDX-License-Identifier: MIT
// AlexNet as torchvision has it, as published, in its Keras form for 17 flowers, and ZFNet.
#include "nn/zoo/taps.h"

#include <string.h>

#define KERAS_EPS 1e-3f

// Layers in the order of torch's Sequential, whose indices are the names: c convolution, r ReLU,
// p max pooling 3/2, l local response normalisation, b batch norm.
typedef struct design {
    const char *layers;
    nn_conv_spec conv[5];
    int pool_pad[3];
    int pooled;    // side of the last map for the classifier
    bool adaptive; // pools to that from any input
} design;

static nn_value add_conv(nn_graph *g, const char *name, nn_value x, nn_conv_spec spec, bool exact)
{
    if (exact)
        spec.pad = nn_zoo_exact_pad(spec.kernel, spec.stride);
    return nn_layer_conv(g, name, x, &spec);
}

// For heads everything is padded, so that the maps have exactly 1/4, 1/8, 1/16 and 1/32.
static nn_value add_features(nn_graph *g, nn_value x, const design *d, nn_zoo_features *f)
{
    const bool exact = f->stride > 0;
    int conv = 0, pool = 0, channels = 0, stride = 1;
    for (int i = 0; d->layers[i]; i++) {
        const nn_layer_name name = nn_layer_name_of("features.%d", i);
        switch (d->layers[i]) {
        case 'c':
            x = add_conv(g, name.text, x, d->conv[conv], exact);
            channels = d->conv[conv].out;
            stride *= d->conv[conv++].stride;
            break;
        case 'r':
            x = nn_layer_act(g, name.text, x, NN_ACT_RELU);
            break;
        case 'p':
            if (nn_zoo_taps_end(f, 2 * stride))
                return x;
            x = nn_layer_max_pool(g, name.text, x, 3, 2,
                                  exact ? nn_zoo_exact_pad(3, 2) : d->pool_pad[pool], 0);
            stride *= 2;
            pool++;
            break;
        case 'l':
            x = nn_layer_local_response_norm(g, name.text, x, 5, 1e-4f, 0.75f, 2.0f);
            break;
        default:
            x = nn_layer_batch_norm(g, name.text, x, channels, KERAS_EPS);
        }
        nn_zoo_tap(f, stride, x, channels);
    }
    return x;
}

static void build_features(nn_graph *g, nn_value image, const nn_zoo_net *net,
                           const nn_zoo_options *o, nn_zoo_features *out)
{
    (void)o;
    add_features(g, image, net->design, out);
}

// What the classifier reads.
static nn_value add_vector(nn_graph *g, nn_value image, const design *d)
{
    nn_zoo_features f = {0};
    nn_value x = add_features(g, image, d, &f);
    if (d->adaptive)
        x = nn_layer_adaptive_avg_pool(g, "avgpool", x, d->pooled);
    return nn_layer_flatten(g, "flatten", x, 1);
}

// Dropout before the two hidden layers, as published.
static void build(nn_graph *g, nn_value image, const nn_zoo_net *net, const nn_zoo_options *o)
{
    const design *d = net->design;
    nn_value x = add_vector(g, image, d);
    x = nn_layer_dropout(g, "classifier.0", x, 0.5f * o->drop, 0);
    x = nn_layer_linear(g, "classifier.1", x, 256 * d->pooled * d->pooled, 4096, 1);
    x = nn_layer_act(g, "classifier.2", x, NN_ACT_RELU);
    x = nn_layer_dropout(g, "classifier.3", x, 0.5f * o->drop, 0);
    x = nn_layer_linear(g, "classifier.4", x, 4096, 4096, 1);
    x = nn_layer_act(g, "classifier.5", x, NN_ACT_RELU);
    nn_graph_output(g, "output", nn_layer_linear(g, "classifier.6", x, 4096, o->classes, 1));
}

// Dropout and batch norm follow them.
static void build_flowers(nn_graph *g, nn_value image, const nn_zoo_net *net,
                          const nn_zoo_options *o)
{
    const design *d = net->design;
    nn_value x = add_vector(g, image, d);
    for (int i = 0; i < 8; i += 4) {
        x = nn_layer_linear(g, NAME("classifier.%d", i), x, i ? 4096 : 256 * d->pooled * d->pooled,
                            4096, 1);
        x = nn_layer_act(g, NAME("classifier.%d", i + 1), x, NN_ACT_RELU);
        x = nn_layer_dropout(g, NAME("classifier.%d", i + 2), x, 0.4f * o->drop, 0);
        x = nn_layer_batch_norm(g, NAME("classifier.%d", i + 3), x, 4096, KERAS_EPS);
    }
    nn_graph_output(g, "output", nn_layer_linear(g, "classifier.8", x, 4096, o->classes, 1));
}

static const design torchvision = {
    .layers = "crpcrpcrcrcrp",
    .conv = {{.in = 3, .out = 64, .kernel = 11, .stride = 4, .pad = 2, .bias = 1},
             {.in = 64, .out = 192, .kernel = 5, .stride = 1, .pad = 2, .bias = 1},
             {.in = 192, .out = 384, .kernel = 3, .stride = 1, .pad = 1, .bias = 1},
             {.in = 384, .out = 256, .kernel = 3, .stride = 1, .pad = 1, .bias = 1},
             {.in = 256, .out = 256, .kernel = 3, .stride = 1, .pad = 1, .bias = 1}},
    .pooled = 6,
    .adaptive = true,
};

static const design original = {
    .layers = "crlpcrlpcrcrcrp",
    .conv = {{.in = 3, .out = 96, .kernel = 11, .stride = 4, .bias = 1},
             {.in = 96, .out = 256, .kernel = 5, .stride = 1, .pad = 2, .groups = 2, .bias = 1},
             {.in = 256, .out = 384, .kernel = 3, .stride = 1, .pad = 1, .bias = 1},
             {.in = 384, .out = 384, .kernel = 3, .stride = 1, .pad = 1, .groups = 2, .bias = 1},
             {.in = 384, .out = 256, .kernel = 3, .stride = 1, .pad = 1, .groups = 2, .bias = 1}},
    .pooled = 6,
};

static const design flowers = {
    .layers = "crpbcrpbcrbcrbcrpb",
    .conv = {{.in = 3, .out = 96, .kernel = 11, .stride = 4, .bias = 1},
             {.in = 96, .out = 256, .kernel = 5, .stride = 1, .pad = 2, .bias = 1},
             {.in = 256, .out = 384, .kernel = 3, .stride = 1, .bias = 1},
             {.in = 384, .out = 384, .kernel = 3, .stride = 1, .bias = 1},
             {.in = 384, .out = 256, .kernel = 3, .stride = 1, .bias = 1}},
    .pooled = 2,
};

static const design zf = {
    .layers = "crplcrplcrcrcrp",
    .conv = {{.in = 3, .out = 96, .kernel = 7, .stride = 2, .pad = 1, .bias = 1},
             {.in = 96, .out = 256, .kernel = 5, .stride = 2, .bias = 1},
             {.in = 256, .out = 384, .kernel = 3, .stride = 1, .pad = 1, .bias = 1},
             {.in = 384, .out = 384, .kernel = 3, .stride = 1, .pad = 1, .bias = 1},
             {.in = 384, .out = 256, .kernel = 3, .stride = 1, .pad = 1, .bias = 1}},
    .pool_pad = {1, 1, 0},
    .pooled = 6,
    .adaptive = true,
};

const nn_zoo_net nn_zoo_alexnet = {
    .name = "alexnet",
    .summary = "AlexNet on one device, torchvision's (Krizhevsky 2014)",
    .option_names = "classes,drop",
    .defaults = {.classes = 1000, .drop = 1},
    .input_h = 224,
    .input_w = 224,
    .mean = NN_ZOO_IMAGENET_MEAN,
    .std = NN_ZOO_IMAGENET_STD,
    .design = &torchvision,
    .features = build_features,
    .classify = build,
};

const nn_zoo_net nn_zoo_alexnet_original = {
    .name = "alexnet_original",
    .summary = "AlexNet as published: response normalisation, two groups (Krizhevsky 2012)",
    .option_names = "classes,drop",
    .defaults = {.classes = 1000, .drop = 1},
    .input_h = 227,
    .input_w = 227,
    .mean = NN_ZOO_IMAGENET_MEAN,
    .std = NN_ZOO_IMAGENET_STD,
    .design = &original,
    .features = build_features,
    .classify = build,
};

const nn_zoo_net nn_zoo_alexnet_flowers = {
    .name = "alexnet_flowers",
    .summary = "AlexNet with batch norm, in Keras style for 17 flowers (Krizhevsky 2012)",
    .option_names = "classes,drop",
    .defaults = {.classes = 17, .drop = 1},
    .input_h = 224,
    .input_w = 224,
    .mean = {0.5f, 0.5f, 0.5f},
    .std = {0.5f, 0.5f, 0.5f},
    .design = &flowers,
    .features = build_features,
    .classify = build_flowers,
};

const nn_zoo_net nn_zoo_zfnet = {
    .name = "zfnet",
    .summary = "AlexNet with smaller first kernels and strides (Zeiler 2013)",
    .option_names = "classes,drop",
    .defaults = {.classes = 1000, .drop = 1},
    .input_h = 224,
    .input_w = 224,
    .mean = NN_ZOO_IMAGENET_MEAN,
    .std = NN_ZOO_IMAGENET_STD,
    .design = &zf,
    .features = build_features,
    .classify = build,
};
