// SPDX-License-Identifier: MIT
// The networks that are exchanged with Keras. Layer names are those of keras.applications for vgg16
// and vgg19, and those of a Sequential model for alexnet_flowers.
#include "nn/io/keras/keras.h"

#include "nn/base/arith.h"
#include "nn/zoo/zoo.h"

#include <stdio.h>
#include <string.h>

static const nn_keras_layer flowers[] = {
    {'C', "features.0", "conv2d"},    {'N', "features.3", "batch_normalization"},
    {'C', "features.4", "conv2d_1"},  {'N', "features.7", "batch_normalization_1"},
    {'C', "features.8", "conv2d_2"},  {'N', "features.10", "batch_normalization_2"},
    {'C', "features.11", "conv2d_3"}, {'N', "features.13", "batch_normalization_3"},
    {'C', "features.14", "conv2d_4"}, {'N', "features.17", "batch_normalization_4"},
    {'D', "classifier.0", "dense"},   {'N', "classifier.3", "batch_normalization_5"},
    {'D', "classifier.4", "dense_1"}, {'N', "classifier.7", "batch_normalization_6"},
    {'D', "classifier.8", "dense_2"},
};

static const nn_keras_layer vgg16[] = {
    {'C', "features.0", "block1_conv1"},  {'C', "features.2", "block1_conv2"},
    {'C', "features.5", "block2_conv1"},  {'C', "features.7", "block2_conv2"},
    {'C', "features.10", "block3_conv1"}, {'C', "features.12", "block3_conv2"},
    {'C', "features.14", "block3_conv3"}, {'C', "features.17", "block4_conv1"},
    {'C', "features.19", "block4_conv2"}, {'C', "features.21", "block4_conv3"},
    {'C', "features.24", "block5_conv1"}, {'C', "features.26", "block5_conv2"},
    {'C', "features.28", "block5_conv3"}, {'D', "classifier.0", "fc1"},
    {'D', "classifier.3", "fc2"},         {'D', "classifier.6", "predictions"},
};

static const nn_keras_layer vgg19[] = {
    {'C', "features.0", "block1_conv1"},  {'C', "features.2", "block1_conv2"},
    {'C', "features.5", "block2_conv1"},  {'C', "features.7", "block2_conv2"},
    {'C', "features.10", "block3_conv1"}, {'C', "features.12", "block3_conv2"},
    {'C', "features.14", "block3_conv3"}, {'C', "features.16", "block3_conv4"},
    {'C', "features.19", "block4_conv1"}, {'C', "features.21", "block4_conv2"},
    {'C', "features.23", "block4_conv3"}, {'C', "features.25", "block4_conv4"},
    {'C', "features.28", "block5_conv1"}, {'C', "features.30", "block5_conv2"},
    {'C', "features.32", "block5_conv3"}, {'C', "features.34", "block5_conv4"},
    {'D', "classifier.0", "fc1"},         {'D', "classifier.3", "fc2"},
    {'D', "classifier.6", "predictions"},
};

#define NETWORK(layers, features)                                                                  \
    {                                                                                              \
#layers, layers, sizeof layers / sizeof *layers, features                                  \
    }
static const nn_keras_network networks[] = {
    {"alexnet_flowers", flowers, sizeof flowers / sizeof *flowers, 10},
    NETWORK(vgg16, 13),
    NETWORK(vgg19, 16),
};
enum { NETWORKS = sizeof networks / sizeof *networks };

const nn_keras_network *nn_keras_find(const char *name)
{
    for (int i = 0; i < NETWORKS; i++)
        if (strcmp(networks[i].name, name) == 0)
            return &networks[i];
    return NULL;
}

const nn_keras_network *nn_keras_match(const char *kinds)
{
    const int count = (int)strlen(kinds);
    for (int i = 0; i < NETWORKS; i++) {
        const nn_keras_network *n = &networks[i];
        int same = 0;
        while (same < count && same < n->count && kinds[same] == n->layers[same].kind)
            same++;
        if (same == count && (count == n->count || count == n->features))
            return n;
    }
    return NULL;
}

const char *nn_keras_weight_name(nn_keras_kind kind, int i)
{
    static const char *const names[] = {"weight", "bias", "running_mean", "running_var"};
    return i < (kind == NN_KERAS_NORM ? 4 : 2) ? names[i] : NULL;
}

void nn_keras_card(const nn_keras_network *network, int classes, nn_card *card)
{
    // keras.applications' preprocessing "caffe": BGR in 0..255 without ImageNet's mean.
    static const float caffe[3] = {123.68f / 255, 116.779f / 255, 103.939f / 255};
    const nn_zoo_net *net = nn_zoo_find(network->name);
    const bool vgg = strncmp(network->name, "vgg", 3) == 0;
    *card = (nn_card){.task = "classify", .bgr = vgg};
    snprintf(card->network, sizeof card->network, "%s", network->name);
    snprintf(card->options, sizeof card->options, "classes=%d", classes);
    card->input_h = net->input_h;
    card->input_w = net->input_w;
    for (int i = 0; i < 3; i++) {
        card->mean[i] = vgg ? caffe[i] : 0;
        card->std[i] = vgg ? 1.0f / 255 : 1;
    }
}

void nn_keras_reverse(void *dst, const void *src, int64_t a, int64_t b, int64_t c)
{
    enum { TILE = 64 }; // both sides of a tile stay in the L1 cache
    float *to = dst;
    const uint8_t *from = src;
    for (int64_t j = 0; j < b; j++)
        for (int64_t i0 = 0; i0 < a; i0 += TILE)
            for (int64_t k0 = 0; k0 < c; k0 += TILE)
                for (int64_t k = k0; k < nn_min(k0 + TILE, c); k++)
                    for (int64_t i = i0; i < nn_min(i0 + TILE, a); i++)
                        memcpy(&to[(k * b + j) * a + i], from + 4 * ((i * b + j) * c + k), 4);
}
